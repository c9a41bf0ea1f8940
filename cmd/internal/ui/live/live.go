// Package live draws a screen that keeps itself up to date and is typed at: a
// list whose lines lead to details. It redraws what has changed and nothing else,
// so nothing flickers. What the lines say is the caller's business.
//
// This is the only package that may import bubbletea.
package live

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/binderctl/binderctl/cmd/internal/ui"
)

// Row is a line of the list. Its texts are clean.
type Row struct {
	Mark  string  // the state: a symbol and a word
	Role  ui.Role // its colour
	Name  string
	Says  string
	More  []string // shown while the row is chosen
	Trend []float64
	Of    string // what the trend is of
	Next  string // the command whose output are the details
	Book  string // the command that shows the runbook; "" if there is none
}

// Frame is what there is to see.
type Frame struct {
	Title string
	Mark  string // the verdict, and what follows it
	Role  ui.Role
	Sum   string
	Rows  []Row
}

// Options are a screen.
type Options struct {
	Term     *ui.Terminal
	Interval time.Duration // from the end of one look to the next
	// Look brings the next frame. It is never called twice at once.
	Look func(context.Context) Frame
	// Detail and Book bring the details of a row and its runbook, as lines for so
	// many columns.
	Detail, Book func(ctx context.Context, row Row, width int) []string
}

// Run draws until the operator has seen enough, or ctx ends. There must be a
// terminal.
func Run(ctx context.Context, o Options) error {
	in, out, _ := o.Term.Whole()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	program := tea.NewProgram(newModel(ctx, o), tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithoutSignalHandler())
	_, err := program.Run()
	if ctx.Err() != nil || errors.Is(err, tea.ErrInterrupted) {
		return nil
	}
	return err
}
