package runbook

import (
	"context"
	"fmt"
)

// mend makes a change, if it is needed and wanted.
func (w *walk) mend(ctx context.Context, step Step, words, missing []string, report *Report) error {
	if at, ok := w.state.Done[step.ID]; ok {
		w.skip(report, DoneEarlier, "at "+at.UTC().Format("15:04 UTC"))
		w.outcomes[step.ID] = Outcome{Ran: true, seen: w.state.Seen}
		return nil
	}
	if why := w.unneeded(step, missing); why != "" {
		w.skip(report, Skipped, why)
		return nil
	}
	if !w.opts.Yes && !w.opts.DryRun {
		switch answer, err := w.tools.Ask(ctx, step); {
		case err != nil || answer == Quit:
			return ErrLeft
		case answer == SkipIt:
			w.skip(report, Declined, "as you said")
			return nil
		}
	}
	if err := w.begin(step); err != nil {
		return err
	}
	if w.opts.DryRun {
		words = append(words, "--dry-run")
	} else if w.opts.Yes {
		words = append(words, "--yes")
	}
	report.Exit = w.tools.Show(ctx, words)
	if ctx.Err() != nil {
		report.Result = Stopped
		return ErrLeft
	}
	delete(w.state.Begun, step.ID)
	w.keep(step.ID, Outcome{Ran: true, Exit: report.Exit})
	w.mended(step, report)
	return nil
}

// begin notes that a change is under way, before it is: should this program end
// with it, whoever goes on makes the change again, by what was seen before it.
// After it nothing looks as before, and half a change is none.
func (w *walk) begin(step Step) error {
	if w.opts.DryRun {
		return nil
	}
	if at, ok := w.state.Begun[step.ID]; ok {
		w.tools.Say(Plain, "it was begun at "+at.UTC().Format("15:04 UTC")+", and how it ended was not seen: once more")
	}
	w.state.Begun[step.ID] = w.tools.Now()
	return w.tools.Save(w.state)
}

// Exit codes of binderctl that a walk tells apart.
const (
	exitOK        = 0
	exitUnhealthy = 3
	exitCancelled = 130
)

// mended notes what came of a mend.
func (w *walk) mended(step Step, report *Report) {
	switch {
	case report.Exit == exitCancelled:
		w.skip(report, Declined, "at the question")
	case report.Exit != exitOK && report.Exit != exitUnhealthy:
		report.Result, report.Why = Failed, fmt.Sprintf("exit code %d", report.Exit)
		w.tools.Say(Bad, string(Failed)+": "+report.Why)
	case w.opts.DryRun:
		report.Result = Planned
		w.tools.Say(Plain, "dry run: nothing was changed")
	default:
		report.Result = Done
		w.state.Done[step.ID] = w.tools.Now()
		if report.Exit == exitUnhealthy {
			report.Why = "and not all is well yet"
		}
		w.tools.Say(Good, string(Done))
	}
}
