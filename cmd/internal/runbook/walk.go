package runbook

import (
	"context"
	"errors"
	"strings"
)

// ErrLeft means that the operator left before the end.
var ErrLeft = errors.New("left before the end")

// Options say how to walk.
type Options struct {
	Yes    bool   // mend without asking
	DryRun bool   // change nothing: each mend only shows what it would do
	From   string // the first step to mend or verify; looks before it are taken again
}

// Walk goes through a runbook. State is where an earlier walk was left, or empty.
// It returns a report for every step, and ErrLeft if the operator left.
func Walk(ctx context.Context, book *Book, state State, opts Options, tools Tools) ([]Report, error) {
	w := &walk{book: book, tools: tools, opts: opts, state: state, outcomes: map[string]Outcome{}}
	w.state.prepare()
	w.before = w.settled()
	reached := opts.From == ""
	var reports []Report
	var left error
	for i, step := range book.Steps {
		report := Report{ID: step.ID, Kind: step.Kind, Title: step.Title, Command: commandOf(step.Words, named(tools.Typed)), Result: NotReached, Exit: -1}
		reached = reached || step.ID == opts.From
		switch {
		case left != nil:
		case !reached && step.Kind != Look:
			report.Result, report.Why = Skipped, "it is before "+opts.From
		default:
			report.Began = tools.Now()
			left = w.step(ctx, i, step, &report)
			report.Took = tools.Now().Sub(report.Began).Seconds()
		}
		reports = append(reports, report)
		if left == nil {
			left = tools.Save(w.state)
		}
	}
	return reports, left
}

// walk is one walk through a runbook.
type walk struct {
	book     *Book
	tools    Tools
	opts     Options
	state    State
	outcomes map[string]Outcome
	before   int // so many steps are not to be looked at again
}

// settled counts the steps up to the last change that a walk that was left has
// made or begun.
func (w *walk) settled() int {
	last := 0
	for i, step := range w.book.Steps {
		_, done := w.state.Done[step.ID]
		_, begun := w.state.Begun[step.ID]
		if done || begun {
			last = i
		}
	}
	return last
}

// keep notes what holds of an outcome of all that later steps need of it.
func (w *walk) keep(id string, outcome Outcome) {
	w.outcomes[id] = outcome
	for _, step := range w.book.Steps {
		for _, need := range step.Needs {
			for _, t := range need.with(w.state.Captured).any {
				if t.step == id {
					w.state.Seen[t.text], _ = t.holds(outcome)
				}
			}
		}
	}
}

// step takes one step and notes what came of it. An error means that the operator
// left.
func (w *walk) step(ctx context.Context, i int, step Step, report *Report) error {
	words, missing := fill(step.Words, w.state.Captured)
	report.Command = commandOf(words, w.tools.Typed)
	if len(missing) > 0 {
		report.Command = commandOf(step.Words, named(w.tools.Typed))
	}
	for _, want := range step.Expect {
		missing = append(missing, want.missing(w.state.Captured)...)
	}
	w.tools.Begin(i+1, len(w.book.Steps), step, report.Command)
	if step.Kind == Mend {
		return w.mend(ctx, step, words, missing, report)
	}
	if at, ok := w.state.Looked[step.ID]; ok && i < w.before {
		w.skip(report, SeenEarlier, "at "+at.UTC().Format("15:04 UTC")+", before something was changed")
		w.outcomes[step.ID] = Outcome{Ran: true, seen: w.state.Seen}
		return nil
	}
	if why := w.unneeded(step, missing); why != "" {
		w.skip(report, Skipped, why)
		return nil
	}
	return w.look(ctx, i, step, words, report)
}

// unneeded says why a step is to be skipped, or "".
func (w *walk) unneeded(step Step, missing []string) string {
	if len(missing) > 0 {
		return "no earlier step found " + strings.Join(missing, ", ")
	}
	for _, need := range step.Needs {
		if ok, seen := need.with(w.state.Captured).Holds(w.outcomes, ""); !ok {
			return seen
		}
	}
	return ""
}

func (w *walk) skip(report *Report, result Result, why string) {
	report.Result, report.Why = result, why
	w.tools.Say(Plain, string(result)+": "+why)
}
