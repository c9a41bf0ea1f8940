package runbook

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// State is how far a walk has come: enough to leave it and go on later. What a
// look saw before a change was made it would not see again, so what later steps
// need of it is kept; looks after the last change are taken again.
type State struct {
	Book      string               `json:"runbook"`
	Began     time.Time            `json:"beganAt"`
	Context   string               `json:"context"`
	Server    string               `json:"server"`
	Namespace string               `json:"namespace"`
	Looked    map[string]time.Time `json:"looked"` // looks, by step
	Done      map[string]time.Time `json:"done"`   // mends, by step
	Seen      map[string]bool      `json:"seen"`   // which needs of later steps held
	Captured  Values               `json:"captured"`
	Ended     bool                 `json:"ended"` // there is nothing to go on with
}

// prepare makes a state one can add to.
func (s *State) prepare() {
	if s.Looked == nil {
		s.Looked = map[string]time.Time{}
	}
	if s.Done == nil {
		s.Done = map[string]time.Time{}
	}
	if s.Seen == nil {
		s.Seen = map[string]bool{}
	}
	if s.Captured == nil {
		s.Captured = Values{}
	}
}

// ErrNothingLeft means that no walk was left that could be resumed.
var ErrNothingLeft = errors.New("no run was left before its end")

// Dir is where walks are kept: $XDG_STATE_HOME/binderctl/runbooks, by default in
// ~/.local/state.
func Dir(getenv func(string) string) string {
	dir := getenv("XDG_STATE_HOME")
	if dir == "" {
		dir = filepath.Join(getenv("HOME"), ".local", "state")
	}
	return filepath.Join(dir, "binderctl", "runbooks")
}

// stamp is the time in the names of files: to be sorted by.
const stamp = "20060102T150405Z"

// Base is the path of a walk's files, without their ends.
func (s State) Base(dir string) string {
	return filepath.Join(dir, s.Book+"-"+s.Began.UTC().Format(stamp))
}

// Save writes the state beside the transcript, so that either the old or the new
// is there.
func (s State) Save(dir string) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("keep where the run is: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keep where the run is: %w", err)
	}
	path := s.Base(dir) + ".json"
	if err := os.WriteFile(path+".new", append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("keep where the run is: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("keep where the run is: %w", err)
	}
	return nil
}

// Last finds the last walk that was left before its end, of one runbook or, if
// book is empty, of any.
func Last(dir, book string) (State, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return State{}, fmt.Errorf("find the last run: %w", err)
	}
	var last State
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".json") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return State{}, fmt.Errorf("find the last run: %w", err)
		}
		var s State
		if err := json.Unmarshal(text, &s); err != nil {
			return State{}, fmt.Errorf("find the last run: %s: %w", entry.Name(), err)
		}
		if (book == "" || s.Book == book) && s.Began.After(last.Began) {
			last = s
		}
	}
	if last.Book == "" || last.Ended {
		return State{}, ErrNothingLeft
	}
	return last, nil
}
