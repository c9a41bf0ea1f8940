package incident

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Copies are the copies of incidents on this machine: a folder with a file for
// each, ID.ndjson, that only grows. Each of its lines is a record: what the
// incident was like without its entries, an entry, or the names of entries that
// have reached the cluster. A line that is not whole, as after a power cut, is
// passed over.
type Copies struct{ folder string }

// NewCopies are the copies in a folder, which need not exist yet. "" is no folder:
// then there are none, and none can be kept.
func NewCopies(folder string) Copies { return Copies{folder} }

// record is a line of a copy.
type record struct {
	State   *Incident `json:"incident,omitempty"`
	Entry   *Entry    `json:"entry,omitempty"`
	Pending bool      `json:"pending,omitempty"` // the entry is on its way to the cluster
	Away    bool      `json:"away,omitempty"`    // and did not get there
	Reached []string  `json:"reached,omitempty"`
	Alone   bool      `json:"alone,omitempty"` // nor has the incident itself
	Into    string    `json:"into,omitempty"`  // what was pending has become part of this incident
}

// Copy is an incident as a machine knows it.
type Copy struct {
	Incident *Incident
	Pending  []Entry // that have not reached the cluster, as far as is known here
	Alone    bool    // the incident itself has not
	Into     string  // the ID of the incident that it was merged into, or ""

	away map[string]bool // by the IDs of what is pending: it was tried in vain
}

// Path is the file of an incident.
func (c Copies) Path(id string) string {
	if c.folder == "" { // the folder one happens to be in is somebody else's
		return ""
	}
	return filepath.Join(c.folder, filepath.Base(id)+".ndjson")
}

// Note keeps entries that are on their way to the cluster, or, if they are away,
// did not get there.
func (c Copies) Note(id string, away bool, entries ...Entry) error {
	return c.write(id, pendings(entries, away)...)
}

// Begin keeps an incident that the cluster does not know.
func (c Copies) Begin(in *Incident) error {
	return c.write(in.ID, append([]record{{State: in.bare(), Alone: true}}, pendings(in.Entries, true)...)...)
}

func pendings(entries []Entry, away bool) []record {
	records := make([]record, len(entries))
	for i := range entries {
		records[i] = record{Entry: &entries[i], Pending: true, Away: away}
	}
	return records
}

// Keep brings a copy up to what the cluster knows.
func (c Copies) Keep(in *Incident) error {
	known, err := c.Read(in.ID)
	if errors.Is(err, fs.ErrNotExist) {
		known, err = Copy{Incident: &Incident{}}, nil
	}
	if err != nil {
		return err
	}
	var news []record
	if known.Alone || !sameState(known.Incident, in) {
		news = append(news, record{State: in.bare()})
	}
	have := make(map[string]Entry, len(known.Incident.Entries))
	for _, e := range known.Incident.Entries {
		have[e.ID] = e
	}
	reached := record{}
	for i := range in.Entries {
		e := &in.Entries[i]
		if old, is := have[e.ID]; !is || !old.Ended.Equal(e.Ended) {
			news = append(news, record{Entry: e})
		}
		if slices.ContainsFunc(known.Pending, func(p Entry) bool { return p.ID == e.ID }) {
			reached.Reached = append(reached.Reached, e.ID)
		}
	}
	if len(reached.Reached) > 0 {
		news = append(news, reached)
	}
	return c.write(in.ID, news...)
}

// Merged notes that what was pending of an incident has become part of another,
// or of itself if the IDs are the same.
func (c Copies) Merged(id, into string, entries []Entry) error {
	done := record{Into: into}
	for _, e := range entries {
		done.Reached = append(done.Reached, e.ID)
	}
	if into == id {
		done.Into = ""
	}
	return c.write(id, done)
}

// bare is an incident without its entries.
func (i *Incident) bare() *Incident {
	bare := *i
	bare.Entries = []Entry{}
	return &bare
}

func sameState(a, b *Incident) bool {
	one, errOne := json.Marshal(a.bare())
	two, errTwo := json.Marshal(b.bare())
	return errOne == nil && errTwo == nil && bytes.Equal(one, two)
}

// write appends records in one call, so that several programs may share the
// file, and sees them on the disk.
func (c Copies) write(id string, records ...record) error {
	if len(records) == 0 {
		return nil
	}
	var lines bytes.Buffer
	lines.WriteByte('\n') // whatever stands before was cut off
	for _, r := range records {
		text, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("write the copy of incident %s: %w", id, err)
		}
		lines.Write(append(text, '\n'))
	}
	if c.folder == "" {
		return fmt.Errorf("write the copy of incident %s: there is no folder for it", id)
	}
	if err := os.MkdirAll(c.folder, 0o700); err != nil {
		return fmt.Errorf("write the copy of incident %s: %w", id, err)
	}
	file, err := os.OpenFile(c.Path(id), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the copy of incident %s: %w", id, err)
	}
	_, err = file.Write(lines.Bytes())
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write the copy of incident %s: %w", id, err)
	}
	return nil
}

// longestLine is the longest line of a copy that is read: a document at its
// largest.
const longestLine = hardLimit + 1<<16

// Read reads a copy. It is fs.ErrNotExist if there is none.
func (c Copies) Read(id string) (Copy, error) { return readCopy(c.Path(id)) }

// readCopy reads the copy in a file.
func readCopy(path string) (Copy, error) {
	file, err := os.Open(path)
	if err != nil {
		return Copy{}, fmt.Errorf("read the copy of an incident: %w", err)
	}
	defer file.Close()
	copied := Copy{Incident: &Incident{Entries: []Entry{}, Checks: []Check{}}, away: map[string]bool{}}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		var r record
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			continue
		}
		copied.take(r)
	}
	if err := lines.Err(); err != nil {
		return Copy{}, fmt.Errorf("read the copy of an incident: %w", err)
	}
	for _, e := range copied.Incident.Entries {
		if _, pending := copied.away[e.ID]; pending {
			copied.Pending = append(copied.Pending, e)
		}
	}
	if copied.Incident.ID == "" { // its beginning is lost, or it is something else
		return Copy{}, fmt.Errorf("read the copy of an incident: %s does not say of which", path)
	}
	return copied, nil
}

// take takes in a record.
func (c *Copy) take(r record) {
	if r.State != nil {
		entries := c.Incident.Entries
		c.Incident, c.Alone = r.State, r.Alone
		c.Incident.Entries = entries
	}
	if r.Entry != nil {
		c.Incident.put(*r.Entry)
		if r.Pending {
			c.away[r.Entry.ID] = r.Away
		}
	}
	for _, id := range r.Reached {
		delete(c.away, id)
	}
	c.Into = cmp.Or(r.Into, c.Into)
}

// All reads every copy there is of incidents in a place, the latest first; of any
// place if it is nil. Files that cannot be read are passed over.
func (c Copies) All(where *cluster.Location) ([]Copy, error) {
	files, err := os.ReadDir(c.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read copies of incidents: %w", err)
	}
	var all []Copy
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".ndjson") {
			continue
		}
		copied, err := readCopy(filepath.Join(c.folder, file.Name()))
		if err == nil && (where == nil || copied.of(*where)) {
			all = append(all, copied)
		}
	}
	slices.SortFunc(all, func(a, b Copy) int { return b.Incident.Opened.Compare(a.Incident.Opened) })
	return all, nil
}

// of reports whether the incident is in a place: contexts have different names on
// different machines, and where the cluster did not answer the namespace may not
// have been found.
func (c *Copy) of(where cluster.Location) bool {
	at := c.Incident.Where
	return at.Server == where.Server && (at.Namespace == where.Namespace || where.Namespace == "" || at.Namespace == "")
}

// Open is the latest copy of an incident that is open in a place, as far as this
// machine knows; nil if there is none.
func (c Copies) Open(where cluster.Location) (*Copy, error) {
	all, err := c.All(&where)
	for i := range all {
		if all[i].Incident.Open() && all[i].Into == "" {
			return &all[i], err
		}
	}
	return nil, err
}
