package drill

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Change is what the operator did with binderctl, as its journal has it.
type Change struct {
	At      time.Time
	Ended   time.Time // zero if it never was
	Command string    // without "binderctl"
	Nodes   []string  // that it concerned as nodes
	Pods    []string  // that it ended, past the Hub or through it; was to end, while it is under way
}

// entry is a line of binderctl's journal.
type entry struct {
	At    time.Time `json:"at"`
	Event string    `json:"event"`
	Where struct {
		Server string `json:"server"`
	} `json:"where"`
	Command  string    `json:"command"`
	Digest   string    `json:"digest"`
	EndedAt  time.Time `json:"endedAt"`
	Outcomes []outcome `json:"outcomes"`
}

// outcome is what became of one object, or is to become of it.
type outcome struct {
	Object string `json:"object"`
	Result string `json:"result"`
	Detail string `json:"detail"`
}

// ends says whether an object goes. A user for whom a drain waits does not.
func (o outcome) ends() bool {
	if o.Result == "planned" {
		return o.Detail != "waits"
	}
	return slices.Contains([]string{"deleted", "asked to go", "terminating", "evicted", "record removed"}, o.Result)
}

// JournalPath is where binderctl keeps its journal by default.
func JournalPath(getenv func(string) string) string {
	home := cmp.Or(getenv("XDG_STATE_HOME"), filepath.Join(getenv("HOME"), ".local", "state"))
	return filepath.Join(home, "binderctl", "journal.ndjson")
}

// ReadJournalFile reads the changes made to a server since some time. Whoever has
// changed nothing yet has no journal.
func ReadJournalFile(name, server string, since time.Time) ([]Change, error) {
	file, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	defer file.Close()
	changes, err := ReadJournal(file, server, since)
	if err != nil {
		return nil, fmt.Errorf("read journal %s: %w", name, err)
	}
	return changes, nil
}

// ReadJournal reads the changes made to a server since some time. Another game day
// may have had the same address before.
func ReadJournal(from io.Reader, server string, since time.Time) ([]Change, error) {
	var changes []Change
	open := map[string]int{} // by what begin and end have in common
	for e, err := range lines[entry](from) {
		if err != nil {
			return nil, err
		}
		if e.Where.Server != server || e.At.Before(since) {
			continue
		}
		key := e.At.String() + e.Command + e.Digest
		at, known := open[key]
		if !known {
			at = len(changes)
			open[key] = at
			changes = append(changes, Change{At: e.At, Command: strings.TrimPrefix(e.Command, "binderctl ")})
		}
		changes[at].take(e)
	}
	return changes, nil
}

// take adds what a line tells of a change. Of pods, the last line is what counts.
func (c *Change) take(e entry) {
	c.Pods = nil
	for _, outcome := range e.Outcomes {
		name := path.Base(outcome.Object)
		switch {
		case strings.HasPrefix(outcome.Object, "pod/") && outcome.ends():
			c.Pods = append(c.Pods, name)
		case strings.HasPrefix(outcome.Object, "node/") && !slices.Contains(c.Nodes, name):
			c.Nodes = append(c.Nodes, name)
		}
	}
	c.Ended = e.EndedAt
}

// lines reads a file of one JSON object a line. A last line without its end is
// still being written, and is left out.
func lines[T any](from io.Reader) func(func(T, error) bool) {
	return func(yield func(T, error) bool) {
		reader := bufio.NewReader(from)
		for {
			line, err := reader.ReadBytes('\n')
			var read T
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil {
				err = json.Unmarshal(line, &read)
			}
			if !yield(read, err) || err != nil {
				return
			}
		}
	}
}
