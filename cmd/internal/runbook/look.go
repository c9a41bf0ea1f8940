package runbook

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// look takes a look and compares it with what is expected.
func (w *walk) look(ctx context.Context, i int, step Step, words []string, report *Report) error {
	outcome := w.observe(ctx, words, step.AsksForData(w.book.Steps[i+1:]))
	if ctx.Err() != nil {
		return ErrLeft
	}
	why := w.unmet(step, outcome)
	if step.Within > 0 && why != "" && len(w.state.Done) > 0 { // else nothing has changed
		var err error
		if outcome, why, err = w.await(ctx, step, words, why); err != nil {
			return err
		}
	}
	if err := w.remember(step, outcome); err != nil && why == "" {
		why = err.Error()
	}
	report.Exit = outcome.Exit
	w.keep(step.ID, outcome)
	w.state.Looked[step.ID] = w.tools.Now()
	if why == "" {
		report.Result = AsExpected
		w.tools.Say(step.told(AsExpected))
		return nil
	}
	report.Result, report.Why = Unexpected, why
	tone, text := step.told(Unexpected)
	w.tools.Say(tone, text+": "+why)
	if step.Else != "" {
		w.tools.Say(Plain, step.Else)
	}
	return nil
}

// told is how it is told that a step is as expected or not. What a look expects is
// mostly the trouble: if it is there that is not well, and if not that is not bad.
func (s Step) told(result Result) (Tone, string) {
	switch {
	case s.Kind == Verify && result == AsExpected:
		return Good, string(result)
	case s.Kind == Verify:
		return Bad, string(result)
	case result == AsExpected:
		return Plain, "as the runbook expects"
	default:
		return Plain, "not as the runbook expects"
	}
}

// observe calls a command for the operator, and beside it for its data where that
// is wanted: at the same moment, so that both see the same.
func (w *walk) observe(ctx context.Context, words []string, data bool) Outcome {
	if !data {
		return Outcome{Ran: true, Exit: w.tools.Show(ctx, words)}
	}
	read := make(chan Outcome, 1)
	go func() { read <- w.tools.Read(ctx, words) }()
	w.tools.Show(ctx, words)
	return <-read
}

// unmet says what of a step's outcome is not as expected, or "".
func (w *walk) unmet(step Step, outcome Outcome) string {
	outcomes := map[string]Outcome{step.ID: outcome}
	for _, want := range step.Expect {
		if ok, seen := want.with(w.state.Captured).Holds(outcomes, step.ID); !ok {
			return seen
		}
	}
	return ""
}

// lookEvery is how long what does not hold yet is left alone: a
// scheduler places a hundred pods in a second, an autoscaler takes minutes.
const lookEvery = 5 * time.Second

// await looks again until it is as expected or the step's time is over.
func (w *walk) await(ctx context.Context, step Step, words []string, why string) (Outcome, string, error) {
	until := w.tools.Now().Add(step.Within)
	w.tools.Say(Plain, fmt.Sprintf("not yet: %s; looking again for up to %s", why, step.Within))
	for {
		if err := w.tools.Wait(ctx, lookEvery); err != nil {
			return Outcome{}, "", ErrLeft
		}
		outcome := w.tools.Read(ctx, words)
		if ctx.Err() != nil {
			return Outcome{}, "", ErrLeft
		}
		if why = w.unmet(step, outcome); why == "" || !w.tools.Now().Before(until) {
			return outcome, why, nil
		}
	}
}

// remember keeps what later steps want to know, and shows it.
func (w *walk) remember(step Step, outcome Outcome) error {
	values, err := step.capture(outcome)
	for _, c := range step.Captures {
		if found := values[c.Name]; len(found) > 0 {
			w.state.Captured[c.Name] = found
			w.tools.Say(Plain, "from here on $"+c.Name+" is "+strings.Join(found, " "))
		}
	}
	return err
}
