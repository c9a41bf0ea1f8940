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
	w.keep(step.ID, Outcome{Ran: true, Exit: report.Exit})
	w.mended(step, report)
	return nil
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
