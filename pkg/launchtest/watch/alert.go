package watch

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/binderctl/binderctl/pkg/launchtest"
)

// Alert is what people are told of a target. There is nothing secret in it.
type Alert struct {
	Event    Event     `json:"event"`
	Reminder bool      `json:"reminder"` // it goes on, and has been told before
	Text     string    `json:"text"`     // all of it in words
	At       time.Time `json:"at"`
	Since    time.Time `json:"since"` // when it began
	Target   Target    `json:"target"`
	Failed   int       `json:"failedLaunches"` // of the last Of
	Of       int       `json:"ofLaunches"`
	Refusals int       `json:"refusals"` // in a row
	// What the last launch came to.
	Result  launchtest.Result `json:"result"`
	Seconds float64           `json:"seconds"` // until it broke, or was through
	Stage   launchtest.Stage  `json:"stage"`   // in which it broke, or ""
	Cause   launchtest.Cause  `json:"cause"`
	Says    string            `json:"says"`  // what was seen
	Means   string            `json:"means"` // what that means
	Next    string            `json:"next"`  // what to do about it
	Cleanup string            `json:"cleanup"`
}

// alert describes an event of a target.
func (s *schedule) alert(i int, event Event, reminder bool, now time.Time) Alert {
	e := s.entries[i]
	last := &e.last
	a := Alert{
		Event: event, Reminder: reminder, At: toSecond(now), Since: toSecond(s.since(i)),
		Target: e.target, Failed: e.judge.bad(), Of: len(e.judge.window()), Refusals: s.refusals(i),
		Result: last.Result, Seconds: last.Seconds, Cleanup: last.Cleanup,
	}
	if b := e.braking(); event == Refuses && b != nil {
		a.Since = toSecond(b.since)
	}
	if f := last.Failure; f != nil {
		a.Stage, a.Cause, a.Says, a.Means = f.Stage, f.Cause, plainText(f.Says), f.Cause.Words()
		if !f.At.IsZero() {
			a.Seconds = f.At.Sub(last.Began).Seconds()
		}
		step := f.Cause.Next()
		a.Next = step.Words
		if step.Command != nil {
			a.Next += ": binderctl " + strings.Join(step.Command, " ")
		}
	}
	a.Text = a.words()
	return a
}

// words are an alert for people.
func (a *Alert) words() string {
	again := ""
	if a.Reminder {
		again = "still "
	}
	since := fmt.Sprintf("since %s UTC", a.Since.Format("Jan 2 15:04"))
	switch a.Event {
	case Recovered:
		return fmt.Sprintf("well again: %s launches, the last in %.1f s", a.Target, a.Seconds)
	case Admitted:
		return fmt.Sprintf("admitted again: %s takes launches", a.Target.Member)
	case Refuses:
		return fmt.Sprintf("%srefused: %s takes no launches of %s %s, %d refusals in a row: %s%s",
			again, a.Target.Member, a.Target.Repo, since, a.Refusals, a.Means, a.next())
	default:
		text := fmt.Sprintf("%sfailing: %s %s, %d of the last %d launches", again, a.Target, since, a.Failed, a.Of)
		if a.Stage == "" {
			return text
		}
		text += fmt.Sprintf("; the last broke at %s after %.0f s: %s", a.Stage, a.Seconds, a.Means)
		if a.Says != "" {
			text += ": " + a.Says
		}
		return text + a.next()
	}
}

func (a *Alert) next() string {
	if a.Next == "" {
		return ""
	}
	return ". Next: " + a.Next
}

// plainText is a text in one line, without what is not to be shown or cannot be
// put into a variable of a process.
func plainText(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r): // Cf has what turns the direction of writing
			return -1
		default:
			return r
		}
	}, text))
}
