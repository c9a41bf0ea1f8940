// Package journal keeps a record, on the operator's machine, of every change
// that binderctl made: when, who, where, what, and what came of it. It is a file
// of one JSON object a line. A change is noted before it is made and again when
// it is over, so that a lost connection or a killed program leaves a trace.
package journal

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/state"
	"github.com/binderctl/binderctl/pkg/cluster"
)

// Entry is one change. Nothing secret may be put into it.
type Entry struct {
	At       time.Time        `json:"at"`
	Event    string           `json:"event"` // "begin" or "end"
	By       Author           `json:"by"`
	Where    cluster.Location `json:"where"`
	Command  string           `json:"command"`
	What     string           `json:"what"`
	Digest   string           `json:"digest"`
	Ended    time.Time        `json:"endedAt,omitzero"`
	Outcomes []Outcome        `json:"outcomes,omitempty"`
}

// Author is who made a change.
type Author struct {
	Login   string `json:"login"`   // on this machine
	Cluster string `json:"cluster"` // as the API server knows them
}

// Outcome is what became of one object.
type Outcome struct {
	Object string `json:"object"` // kind/name
	UID    string `json:"uid"`
	Result string `json:"result"`
	Detail string `json:"detail,omitempty"`
}

// DefaultPath is where the journal is: $XDG_STATE_HOME/binderctl/journal.ndjson,
// by default in ~/.local/state; nowhere, "", for whoever has no home.
func DefaultPath(getenv func(string) string) string { return state.Path(getenv, "journal.ndjson") }

// Journal is an open journal.
type Journal struct{ file *os.File }

// Open opens the journal at path for appending, and makes it if need be. Only
// its owner can read it.
func Open(path string) (*Journal, error) {
	if path == "" {
		return nil, fmt.Errorf("open journal: %w", state.ErrHomeless)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	return &Journal{file}, nil
}

// Close closes the journal.
func (j *Journal) Close() { _ = j.file.Close() } // each entry was synced as it was written

// Begin notes that a change is about to be made, with what is planned as its
// outcomes.
func (j *Journal) Begin(e Entry) error {
	e.Event, e.Ended = "begin", time.Time{}
	return j.write(e)
}

// End notes what came of it.
func (j *Journal) End(e Entry) error {
	e.Event = "end"
	return j.write(e)
}

// write appends one line in one call, so that several programs may share the
// file, and sees it on the disk.
func (j *Journal) write(e Entry) error {
	e.At, e.Ended = e.At.UTC().Truncate(time.Millisecond), e.Ended.UTC().Truncate(time.Millisecond)
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}
