package runbook

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Tools are how a walk reaches the world.
type Tools interface {
	// Show calls binderctl for the operator to see, and returns its exit code.
	Show(ctx context.Context, words []string) int
	// Read calls binderctl for its answer as data. Nobody sees it.
	Read(ctx context.Context, words []string) Outcome
	// Begin tells that a step comes, and its command as one would type it.
	Begin(at, of int, step Step, command string)
	// Say tells how it goes, in a line.
	Say(tone Tone, text string)
	// Ask asks what to do about a change: run, skip or quit.
	Ask(ctx context.Context, step Step) (Answer, error)
	// Wait waits; it returns the context's error if that ends first.
	Wait(ctx context.Context, d time.Duration) error
	// Now is the clock.
	Now() time.Time
	// Save keeps where the walk is, after each step.
	Save(State) error
}

// Tone is how good a piece of news is.
type Tone int

// The tones.
const (
	Plain Tone = iota
	Good
	Bad
)

// Answer is what the operator wants done about a change.
type Answer int

// The answers.
const (
	DoIt Answer = iota
	SkipIt
	Quit
)

// ErrLeft means that the operator left before the end.
var ErrLeft = errors.New("left before the end")

// Options say how to walk.
type Options struct {
	Yes    bool   // mend without asking
	DryRun bool   // change nothing: each mend only shows what it would do
	From   string // the first step to mend or verify; looks before it are taken again
}

// Result is what came of a step.
type Result string

// The results.
const (
	AsExpected  Result = "as expected"
	Unexpected  Result = "not as expected"
	Done        Result = "done"
	Planned     Result = "would be done" // in a dry run
	Skipped     Result = "skipped"       // there was no need
	Declined    Result = "declined"      // by the operator
	Failed      Result = "failed"
	NotReached  Result = "not reached"
	DoneEarlier Result = "done earlier" // before it was left and resumed
	SeenEarlier Result = "seen earlier"
	Stopped     Result = "stopped" // by the operator, within it
)

// Report is what came of a step, with what there is to know about it.
type Report struct {
	ID      string    `json:"id"`
	Kind    Kind      `json:"kind"`
	Title   string    `json:"title"`
	Command string    `json:"command"`
	Result  Result    `json:"result"`
	Why     string    `json:"why"`
	Exit    int       `json:"exitCode"` // -1 if it was not run
	Began   time.Time `json:"beganAt,omitzero"`
	Took    float64   `json:"tookSeconds"`
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
		report := Report{ID: step.ID, Kind: step.Kind, Title: step.Title, Command: commandOf(step.Words), Result: NotReached, Exit: -1}
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

// Holds reports whether all that was verified is well.
func Holds(reports []Report) bool {
	verified := false // by one step at least
	for _, r := range reports {
		if r.Kind != Verify || r.Result == Skipped {
			continue
		}
		if verified = r.Result == AsExpected; !verified {
			return false
		}
	}
	return verified
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

// settled counts the steps up to the last change of a walk that was left.
func (w *walk) settled() int {
	last := 0
	for i, step := range w.book.Steps {
		if _, done := w.state.Done[step.ID]; done {
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
	report.Command = commandOf(words)
	if len(missing) > 0 {
		report.Command = commandOf(step.Words)
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
			return fmt.Sprintf("it is for %s; %s", need, seen)
		}
	}
	return ""
}

func (w *walk) skip(report *Report, result Result, why string) {
	report.Result, report.Why = result, why
	w.tools.Say(Plain, string(result)+": "+why)
}

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
		w.tools.Say(Good, string(AsExpected))
		return nil
	}
	report.Result, report.Why = Unexpected, why
	w.tools.Say(Bad, string(Unexpected)+": "+why)
	if step.Else != "" {
		w.tools.Say(Plain, step.Else)
	}
	return nil
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
			return fmt.Sprintf("want %s; %s", want, seen)
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

// commandOf is a command as one would type it.
func commandOf(words []string) string {
	line := []string{"binderctl"}
	for _, word := range words {
		if strings.ContainsAny(word, " *?[]{}()&|;<>") {
			word = "'" + word + "'" // there are no quotes within: they went when it was read
		}
		line = append(line, word)
	}
	return strings.Join(line, " ")
}
