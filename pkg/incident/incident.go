package incident

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Version is that of the document.
const Version = 1

// Incident is everything that is known of one incident.
type Incident struct {
	Version int              `json:"version"`
	ID      string           `json:"id"` // by when it was opened: 20180708-212503
	Title   string           `json:"title"`
	Symptom string           `json:"symptom"` // as users see it, or ""
	Runbook string           `json:"runbook"` // that is followed, or ""
	Where   cluster.Location `json:"where"`
	Began   time.Time        `json:"beganAt"` // for users, as far as the operator knew; else as Opened
	Opened  time.Time        `json:"openedAt"`
	By      Person           `json:"openedBy"`
	Closed  time.Time        `json:"closedAt,omitzero"`
	Closer  *Person          `json:"closedBy,omitempty"`
	Anyway  string           `json:"anyway,omitempty"` // why it was closed though a check did not pass

	Opening *Snapshot `json:"opening,omitempty"`
	Closing *Snapshot `json:"closing,omitempty"`
	Checks  []Check   `json:"checks"` // the latest last; see keptChecks
	Pages   int       `json:"pages"`  // of older entries, elsewhere
	Entries []Entry   `json:"entries"`
}

// Open reports whether it is not over.
func (i *Incident) Open() bool { return i.Closed.IsZero() }

// LastCheck is the latest check; nil if there was none.
func (i *Incident) LastCheck() *Check {
	if len(i.Checks) == 0 {
		return nil
	}
	return &i.Checks[len(i.Checks)-1]
}

// idLayout makes an ID of a time. It is part of the name of a ConfigMap.
const idLayout = "20060102-150405"

// New is an incident that somebody opens.
func New(title string, by Person, where cluster.Location, at time.Time) *Incident {
	at = stamp(at)
	return &Incident{
		Version: Version, ID: at.Format(idLayout), Title: title, Where: where, By: by, Began: at, Opened: at,
		Checks: []Check{}, Entries: []Entry{},
	}
}

// stamp is a time as it is kept.
func stamp(at time.Time) time.Time { return at.UTC().Truncate(time.Second) }

// credible says why no binderctl can have written the document: whoever may write
// ConfigMaps can write anything, and what is read is done by.
func (i *Incident) credible() error {
	if _, err := time.Parse(idLayout, i.ID); err != nil || i.Opened.IsZero() {
		return errors.New("it does not say of which incident it is")
	}
	if i.Pages < 0 || i.Pages > maxPages {
		return fmt.Errorf("it speaks of %d pages", i.Pages)
	}
	return nil
}

// Person is somebody who takes part.
type Person struct {
	Login   string `json:"login"`   // on their machine
	Cluster string `json:"cluster"` // as the API server knows them, or ""
	Host    string `json:"host"`    // their machine, or ""
}

// String names a person so that no two are alike, as in a Lease: who@where. Of a
// team that shares a kubeconfig the server knows one name, and on a machine that
// many use a login says little, so both are in it.
func (p Person) String() string {
	who := cmp.Or(p.Cluster, p.Login, "somebody")
	if p.Login != "" && p.Login != who {
		who += " (" + p.Login + ")"
	}
	if p.Host != "" {
		who += "@" + p.Host
	}
	return who
}

// Name is what people call a person: ana, if the server knows ana@example.org, and
// admin (ana) if it knows a name that says less.
func (p Person) Name() string {
	mailbox, _, _ := strings.Cut(p.Cluster, "@")
	if p.Login == "" || p.Cluster == "" || p.Login == mailbox {
		return cmp.Or(p.Login, p.Cluster, "somebody")
	}
	return p.Cluster + " (" + p.Login + ")"
}

// Kind says what an entry of the timeline is about.
type Kind string

// The kinds of entry.
const (
	Opening Kind = "opened"
	Note    Kind = "note"
	Change  Kind = "change" // a command that changed the cluster
	Driving Kind = "driver" // who drives has changed
	Checked Kind = "check"
	Closing Kind = "closed"
)

// Entry is one line of the timeline. Nothing secret is in it.
type Entry struct {
	ID   string    `json:"id"` // of its own, the same wherever it is written
	At   time.Time `json:"at"` // when it happened
	By   Person    `json:"by"`
	Kind Kind      `json:"kind"`
	Text string    `json:"text"`

	// Of a change: the command as it was understood, and how many objects it
	// came to what. Without an end it is under way, or was cut off.
	Command string         `json:"command,omitempty"`
	Ended   time.Time      `json:"endedAt,omitzero"`
	Counts  map[string]int `json:"counts,omitempty"`
	Error   string         `json:"error,omitempty"`

	// Late is when it reached the cluster, if that was not at once.
	Late time.Time `json:"lateAt,omitzero"`
}

// put adds an entry where it belongs by when it happened, or puts it in the place
// of its former self.
func (i *Incident) put(e Entry) {
	at := slices.IndexFunc(i.Entries, func(known Entry) bool { return known.ID == e.ID })
	if at >= 0 {
		i.Entries[at] = newer(i.Entries[at], e)
		return
	}
	after, _ := slices.BinarySearchFunc(i.Entries, e.At, func(known Entry, at time.Time) int {
		if known.At.After(at) {
			return 1
		}
		return -1 // those of one moment stay in the order in which they were written
	})
	i.Entries = slices.Insert(i.Entries, after, e)
}

// newer is the one of two versions of an entry that knows how it ended; the first
// if both do.
func newer(a, b Entry) Entry {
	if b.Ended.After(a.Ended) {
		return b
	}
	return a
}

// keptChecks is how many checks are kept with their evidence: the first that
// stay show the trend from the beginning, the others are the latest. What each
// came to is in the timeline anyway.
const keptChecks = 24

// AddCheck records a check.
func (i *Incident) AddCheck(c Check) {
	i.Checks = append(i.Checks, c)
	if len(i.Checks) > keptChecks { // thin out the middle, never the ends
		i.Checks = slices.Delete(i.Checks, keptChecks/2, keptChecks/2+1)
	}
}
