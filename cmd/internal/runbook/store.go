package runbook

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/binderctl/binderctl/cmd/internal/state"
)

// Dir is where walks are kept: $XDG_STATE_HOME/binderctl/runbooks, by default in
// ~/.local/state; nowhere, "", for whoever has no home.
func Dir(getenv func(string) string) string { return state.Path(getenv, "runbooks") }

// stamp is the time in the names of files: to be sorted by.
const stamp = "20060102T150405Z"

// Base is the path of a walk's files, without their ends.
func (s State) Base(dir string) string {
	return filepath.Join(dir, s.Book+"-"+s.Began.UTC().Format(stamp))
}

// ErrNothingLeft means that no walk was left that could be resumed.
var ErrNothingLeft = errors.New("no run was left before its end")

// ErrElsewhere means that another program goes on with the walk.
var ErrElsewhere = errors.New("another binderctl goes on with this run")

// Save writes the state beside the transcript, so that either the old or the new
// is there. Whoever took the walk on last has it: no change is made twice.
func (s State) Save(dir string) error {
	path := s.Base(dir) + ".json"
	if there, err := readState(path); err == nil && there.Held.After(s.Held) {
		return ErrElsewhere
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("keep where the run is: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keep where the run is: %w", err)
	}
	if err := os.WriteFile(path+".new", append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("keep where the run is: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("keep where the run is: %w", err)
	}
	return nil
}

func readState(path string) (State, error) {
	var s State
	text, err := os.ReadFile(path)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// Last finds the walk that was left last before its end, of one runbook or, if
// book is empty, of any. A later walk through the same runbook stands for those
// before it. What cannot be read of others is in nobody's way.
func Last(dir, book string) (State, error) {
	if dir == "" {
		return State{}, ErrNothingLeft
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return State{}, fmt.Errorf("find the last run: %w", err)
	}
	byBook := map[string]State{}
	var unread error
	for _, path := range paths {
		s, err := readState(path)
		if err != nil {
			unread = errors.Join(unread, err)
		} else if (book == "" || s.Book == book) && s.Began.After(byBook[s.Book].Began) {
			byBook[s.Book] = s
		}
	}
	var last State
	for _, s := range byBook {
		if !s.Ended && s.Began.After(last.Began) {
			last = s
		}
	}
	switch {
	case last.Book != "":
		return last, nil
	case unread != nil:
		return State{}, fmt.Errorf("find the last run: %w", unread)
	default:
		return State{}, ErrNothingLeft
	}
}
