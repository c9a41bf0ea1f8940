package cmd

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// statusState is what came of a check.
type statusState string

// What can come of a check.
const (
	stateBad     statusState = "bad"     // it hurts users
	stateWarn    statusState = "warn"    // it will, or is not as it should be
	stateUnknown statusState = "unknown" // it could not be seen
	stateOK      statusState = "ok"
)

func (s statusState) rank() int {
	return slices.Index([]statusState{stateBad, stateWarn, stateUnknown, stateOK}, s)
}

// statusLine is what a check says.
type statusLine struct {
	Name     string      `json:"name"`
	State    statusState `json:"state"`
	Says     string      `json:"says"`
	Evidence []string    `json:"evidence"`
	Next     string      `json:"next"`    // the command that tells more, or ""
	Runbook  string      `json:"runbook"` // the name of the one that fits, or "" if none does
	Seconds  float64     `json:"seconds"`

	words []string // of that command
	quick []string // flags by which it does not wait, for who looks again anyway
	acts  bool     // it is not a mere look
	trend trend
	err   error // why it is unknown
}

// trend is what a check's figure was like.
type trend struct {
	of   string    // what is counted, such as "pods made a minute"
	past []float64 // of the last hour, as far as what was read tells; the oldest first
	now  float64   // to go on with from one look to the next
}

// statusCheck is one thing to look at.
type statusCheck struct {
	name string
	// run says what it finds, and notes the numbers behind it.
	run func(ctx context.Context) (statusLine, func(*statusSight))
}

// runChecks makes all checks side by side and gives each so long. One that fails,
// or takes longer, is a line that says so. The lines come back the worst first,
// and of equals in the order of the checks.
func runChecks(ctx context.Context, checks []statusCheck, limit time.Duration, now func() time.Time) ([]statusLine, statusSight) {
	lines := make([]statusLine, len(checks))
	notes := make([]func(*statusSight), len(checks))
	var running sync.WaitGroup
	for i, check := range checks {
		running.Go(func() { lines[i], notes[i] = check.within(ctx, limit, now) })
	}
	running.Wait()
	var sight statusSight
	for _, note := range notes {
		if note != nil {
			note(&sight)
		}
	}
	slices.SortStableFunc(lines, func(a, b statusLine) int { return cmp.Compare(a.State.rank(), b.State.rank()) })
	return lines, sight
}

// within makes a check, and waits for it so long and no longer: whatever it is
// up to then is nobody's concern any more.
func (c statusCheck) within(ctx context.Context, limit time.Duration, now func() time.Time) (statusLine, func(*statusSight)) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("%w within %s", cluster.ErrSilent, limit))
	type answer struct {
		line statusLine
		note func(*statusSight)
	}
	answered := make(chan answer, 1)
	began := now()
	go func() {
		defer cancel()
		line, note := c.run(ctx)
		answered <- answer{line, note}
	}()
	var a answer
	select {
	case a = <-answered:
	case <-ctx.Done():
		select {
		case a = <-answered: // it has ended, which ended the context
		default:
			a.line = unknownLine(context.Cause(ctx))
		}
	}
	a.line.Name = c.name
	a.line.Seconds = now().Sub(began).Round(time.Millisecond).Seconds()
	if a.line.Evidence == nil {
		a.line.Evidence = []string{}
	}
	return a.line, a.note
}

// unknownLine is the line of a check that could not be made.
func unknownLine(err error) statusLine {
	return statusLine{State: stateUnknown, Says: unseenWords(inWords(err)), err: err}
}

// unseenWords leaves out of an error which address was asked, and how: on a line
// among others of the same cluster there is room for why it failed.
func unseenWords(text string) string {
	asked := regexp.MustCompile(`(?:Get|Post) "[^"]*": |dial tcp \S+: (?:connect: )?|server https?://\S+: `)
	return asked.ReplaceAllString(text, "")
}

// verdictOf sums up lines: the worst of what could be seen.
func verdictOf(lines []statusLine) statusState {
	worst := stateUnknown
	for _, line := range lines {
		switch {
		case line.State == stateUnknown:
		case worst == stateUnknown, line.State.rank() < worst.rank():
			worst = line.State
		}
	}
	return worst
}

// countStates counts the lines in one of some states.
func countStates(lines []statusLine, states ...statusState) int {
	n := 0
	for _, line := range lines {
		if slices.Contains(states, line.State) {
			n++
		}
	}
	return n
}
