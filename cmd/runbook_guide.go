package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/runbook"
	storage "github.com/binderctl/binderctl/cmd/internal/state"
	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
)

// guide leads an operator through a runbook: it calls the steps, through
// binderctl's own command tree, says how it goes, and keeps the transcript.
type guide struct {
	app        *App
	term       *ui.Terminal // of the steps: shown on stderr, and recorded
	transcript *runbook.Transcript
	dir        string
	state      runbook.State
	opts       runbookRunOptions
	where      cluster.Location // at which every step has to be
}

func (app *App) newGuide(book *runbook.Book, state runbook.State, where cluster.Location, opts runbookRunOptions) (*guide, error) {
	dir := runbook.Dir(app.Getenv)
	if dir == "" {
		return nil, hintError{fmt.Errorf("open transcript: %w", storage.ErrHomeless), "nothing was changed: " + hintNoted}
	}
	transcript, err := runbook.OpenTranscript(state.Base(dir) + ".md")
	if err == nil {
		err = transcript.Remark("# " + book.Title + "\n\nRunbook " + book.Name + ", run at " + app.Now().UTC().Format(time.RFC3339))
	}
	switch {
	case err != nil && opts.dryRun:
		app.Term.Warn("%s; this dry run is not noted", err)
		transcript = &runbook.Transcript{}
	case err != nil:
		return nil, hintError{err, "nothing was changed: " + hintNoted}
	}
	term, _ := app.Term.Within(transcript, 0)
	g := &guide{app: app, term: term, transcript: transcript, dir: dir, state: state, opts: opts, where: where}
	return g, g.Save(state) // from now on it is ours
}

// hintNoted is what to do where a run cannot be noted.
const hintNoted = "every run is noted; set XDG_STATE_HOME to a folder that can be written"

// open says what begins.
func (g *guide) open() {
	g.term.Say("runbook %s: %s", g.state.Book, "context "+g.where.Context+", server "+g.where.Server+", namespace "+g.where.Namespace)
	if g.opts.dryRun {
		g.term.Say("dry run: nothing will be changed")
	}
}

// Typed is a word as a shell takes it.
func (g *guide) Typed(word string) string { return typed([]string{word}) }

// Begin shows a step's heading, what is said about it, and its command.
func (g *guide) Begin(at, of int, step runbook.Step, command string) {
	heading := fmt.Sprintf("%d/%d %s: %s", at, of, step.Kind, step.Title)
	_ = g.transcript.Remark("## " + heading) // if the disk is full, mending goes on
	g.term.Say("")
	g.term.Say("%s", g.rule(heading))
	if step.Kind == runbook.Mend {
		g.prose("", step.Prose)
	}
	if step.Cost != "" {
		g.prose("costs users: ", step.Cost)
	}
	g.term.Say("$ %s", command)
}

// rule draws a heading with a line behind it.
func (g *guide) rule(heading string) string {
	dash := "-"
	return "-- " + heading + " " + strings.Repeat(dash, max(3, min(g.term.Width(), foldedProse)-len(heading)-4))
}

// foldedProse is how wide prose is at the most.
const foldedProse = 92

// manyLines is how many lines a paragraph may take: it is our own, and none is
// cut.
const manyLines = 20

func (g *guide) prose(lead, text string) {
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if paragraph == "" {
			continue
		}
		for _, line := range g.term.Fold(lead, unlinked(oneLine(paragraph)), manyLines) {
			g.term.Say("%s", line)
		}
	}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// Say tells how it goes. The word is first, so colour only repeats it.
func (g *guide) Say(tone runbook.Tone, text string) {
	sign, role := "   ", ui.Plain
	switch tone {
	case runbook.Good:
		sign, role = "ok ", ui.Good
	case runbook.Bad:
		sign, role = "!! ", ui.Bad
	case runbook.Plain:
	}
	lines := g.term.Fold(sign, ui.Clean(unlinked(oneLine(text))), manyLines)
	for i, line := range lines {
		if i == 0 {
			line = g.term.ErrStyle.Paint(role, line[:len(sign)]) + line[len(sign):]
		}
		_, _ = fmt.Fprintln(g.term.Err, line)
	}
}

// shownLines is how much of a step's answer is shown: enough for what is worst,
// which comes first, and for the next step to be on the same screen.
const shownLines = 20

// Show calls a command for the operator to see.
func (g *guide) Show(ctx context.Context, words []string) int {
	term, leftOut := g.app.Term.Within(g.transcript, shownLines)
	exit := Run(ctx, g.caller(term), append(slices.Clip(words), g.opts.global...))
	if n := leftOut(); n > 0 && g.transcript.Path() != "" {
		g.app.Term.Say("… and %s more, in the transcript", count(n, "line"))
	} else if n > 0 {
		g.app.Term.Say("… and %s more: call it by itself to see them", count(n, "line"))
	}
	return exit
}

// Read calls a command for its answer.
func (g *guide) Read(ctx context.Context, words []string) runbook.Outcome {
	var answer bytes.Buffer
	words = append(slices.Clip(words), g.opts.global...)
	exit := Run(ctx, g.caller(g.app.Term.Aside(&answer)), append(words, "--output=json"))
	outcome := runbook.Outcome{Ran: true, Exit: exit}
	if json.Unmarshal(answer.Bytes(), &outcome.Data) != nil {
		outcome.Data = nil // it failed, and said so where it was shown
	}
	return outcome
}

// caller is a binderctl of its own for one command.
func (g *guide) caller(term *ui.Terminal) *App {
	called := g.app.inner(term)
	called.bound = &g.where
	return called
}

// Ask asks about a change. What it will do, and whether that is wanted, it shows
// and asks itself.
func (g *guide) Ask(ctx context.Context, _ runbook.Step) (runbook.Answer, error) {
	word, err := g.term.Choose(ctx, "this changes something:", "run", "skip", "quit")
	if err == nil {
		_, _ = fmt.Fprintln(g.transcript, word)
	}
	switch word {
	case "run":
		return runbook.DoIt, err
	case "skip":
		return runbook.SkipIt, err
	default:
		return runbook.Quit, err
	}
}

// Wait waits.
func (g *guide) Wait(ctx context.Context, d time.Duration) error {
	return cluster.Sleep(ctx, d)
}

// Now is the clock.
func (g *guide) Now() time.Time { return g.app.Now() }

// Save keeps where the walk is. A dry run is nothing to go on with.
func (g *guide) Save(state runbook.State) error {
	g.state = state
	if g.opts.dryRun {
		return nil
	}
	switch err := state.Save(g.dir); {
	case errors.Is(err, runbook.ErrElsewhere):
		return hintError{err, "this one ends here, so that nothing is done twice"}
	case err != nil:
		return hintError{err, hintNoted}
	default:
		return nil
	}
}

// end closes the transcript and notes that there is nothing to go on with, unless
// the operator left.
func (g *guide) end(verdict string, left error) error {
	_ = g.transcript.Remark("## End\n\n" + verdict + ", at " + g.app.Now().UTC().Format(time.RFC3339))
	err := g.transcript.Close()
	g.state.Ended = left == nil
	if saveErr := g.Save(g.state); err == nil {
		err = saveErr
	}
	return err
}
