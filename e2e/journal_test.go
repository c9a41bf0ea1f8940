package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// entry is a line of the journal.
type entry struct {
	Event   string `json:"event"`
	Command string `json:"command"`
	Digest  string `json:"digest"`
	By      struct {
		Login   string `json:"login"`
		Cluster string `json:"cluster"`
	} `json:"by"`
	Outcomes []struct {
		Object string `json:"object"`
		UID    string `json:"uid"`
		Result string `json:"result"`
		Detail string `json:"detail"`
	} `json:"outcomes"`
}

func (e entry) results() map[string]int {
	results := map[string]int{}
	for _, outcome := range e.Outcomes {
		results[outcome.Result]++
	}
	return results
}

// journal reads what the operator's binderctl noted.
func (o *operator) journal(t *testing.T) []entry {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(o.home, ".local", "state", "binderctl", "journal.ndjson"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var entries []entry
	for line := range strings.Lines(string(text)) {
		var e entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("journal: %v in %q", err, line)
		}
		entries = append(entries, e)
	}
	return entries
}

// journalEvents checks which events the journal has, in order.
func (o *operator) journalEvents(t *testing.T, want ...string) []entry {
	t.Helper()
	entries := o.journal(t)
	var got []string
	for _, e := range entries {
		got = append(got, e.Event)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Fatalf("the journal has %q, want %q", got, want)
	}
	return entries
}
