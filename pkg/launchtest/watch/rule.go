package watch

import (
	"time"

	"github.com/binderctl/binderctl/pkg/launchtest"
)

// State is what is known of a target.
type State string

// What can be known. Refused is no fault of the service: it protects itself, and
// whether launches would work cannot be told.
const (
	Unknown State = "unknown" // no launch has told yet
	Well    State = "ok"
	Failing State = "failing"
	Refused State = "refused"
)

// States are all there are.
func States() []State { return []State{Unknown, Well, Failing, Refused} }

// Event is a change that people are told of.
type Event string

// What is told of a target.
const (
	Fails     Event = "failing"
	Recovered Event = "recovered" // the all-clear after Fails
	Refuses   Event = "refused"
	Admitted  Event = "admitted" // the all-clear after Refuses
)

// Rule says when a target fails and when it is well again, so that one launch
// that goes wrong wakes nobody.
type Rule struct {
	Fail, Of int           // it fails if so many of the last so many launches did
	Recover  int           // it is well again after so many in a row that did not
	Remind   time.Duration // how long until people are told again; 0 is never
}

// outcome is a launch as the rule sees it.
type outcome struct {
	at  time.Time
	bad bool
}

// judge applies the rule to the launches of one target. Launches that were
// refused, or stopped, say nothing and are not counted.
type judge struct {
	rule    Rule
	recent  []outcome // the latest last
	known   bool      // a launch has been well, or the target has failed
	failing bool
	since   time.Time // when the present verdict began
	told    time.Time // when people were told of a failure last
}

// note takes in a launch, and returns what it changes, or "".
func (j *judge) note(now time.Time, result launchtest.Result) Event {
	if result == launchtest.Refused || result == launchtest.Stopped {
		return ""
	}
	j.recent = append(j.recent, outcome{now, result != launchtest.OK})
	if most := max(j.rule.Of, j.rule.Recover); len(j.recent) > most {
		j.recent = j.recent[len(j.recent)-most:]
	}
	switch {
	case !j.failing && j.bad() >= j.rule.Fail:
		j.known, j.failing, j.since, j.told = true, true, j.firstBad(), now
		return Fails
	case j.failing && j.good() >= j.rule.Recover:
		// What went wrong before has been told and is not counted again.
		j.failing, j.since, j.recent = false, now, nil
		return Recovered
	case !j.known && result == launchtest.OK:
		j.known, j.since = true, now
	}
	return ""
}

// window are the launches that count towards a failure.
func (j *judge) window() []outcome { return j.recent[max(0, len(j.recent)-j.rule.Of):] }

// bad is how many of them were.
func (j *judge) bad() int {
	n := 0
	for _, o := range j.window() {
		if o.bad {
			n++
		}
	}
	return n
}

func (j *judge) firstBad() time.Time {
	for _, o := range j.window() {
		if o.bad {
			return o.at
		}
	}
	return time.Time{}
}

// good is how many launches in a row were well, up to the latest.
func (j *judge) good() int {
	n := 0
	for i := len(j.recent) - 1; i >= 0 && !j.recent[i].bad; i-- {
		n++
	}
	return n
}

// remind reports whether people are to be told again that the target fails, and
// notes that they were.
func (j *judge) remind(now time.Time) bool {
	due := j.failing && j.rule.Remind > 0 && now.Sub(j.told) >= j.rule.Remind
	if due {
		j.told = now
	}
	return due
}

func (j *judge) state() State {
	switch {
	case j.failing:
		return Failing
	case j.known:
		return Well
	default:
		return Unknown
	}
}
