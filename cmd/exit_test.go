package cmd

import (
	"bytes"
	"testing"

	"github.com/binderctl/binderctl/cmd/internal/ui"
)

// A finding is no failure: the exit code tells, and nothing is said of it.
func TestUnhealthyIsSilent(t *testing.T) {
	t.Parallel()
	var out, errOut bytes.Buffer
	app := &App{Term: ui.NewTerminal(ui.Streams{In: &bytes.Buffer{}, Out: &out, Err: &errOut})}
	if code := app.conclude(unhealthyError{}); code != exitUnhealthy {
		t.Errorf("exit code %d, want %d", code, exitUnhealthy)
	}
	if said := out.String() + errOut.String(); said != "" {
		t.Errorf("said %q, want nothing", said)
	}
}
