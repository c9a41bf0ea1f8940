package watch

import "time"

// longestAsked is how long a service is left alone at most because it asks for
// it: it may mean what it says, or have a clock that is wrong.
const longestAsked = 6 * time.Hour

// Pace says how far launches are apart.
type Pace struct {
	// Jitter is by which share of it the time between two launches is longer or
	// shorter at random, so that watchers do not fall into step.
	Jitter float64
	// MostBackoff is how long a service that refuses launches is left alone at
	// most.
	MostBackoff time.Duration
}

// spread is a time with jitter; random is from 0 up to 1.
func (p Pace) spread(d time.Duration, random float64) time.Duration {
	return time.Duration(float64(d) * (1 + p.Jitter*(2*random-1)))
}

// brake holds launches back that would be refused: twice as long after each
// refusal in a row. Behind one that holds back, launches are tried one at a time.
type brake struct {
	first, most time.Duration

	refusals int       // in a row
	since    time.Time // of the first of them
	set      time.Time // when it was set last
	until    time.Time
	told     time.Time // when people were told of it last; zero if they were not
}

// refused takes in that a launch was refused which began at some time, and that
// the service asks to be left alone for a while. One that was under way when the
// brake was set tells nothing new.
func (b *brake) refused(began, now time.Time, asked time.Duration, pace Pace, random float64) {
	if b.refusals > 0 && began.Before(b.set) {
		return
	}
	if b.refusals == 0 {
		b.since = now
	}
	wait := b.first
	for range b.refusals {
		wait = min(2*wait, max(b.first, b.most))
	}
	wait = max(wait, min(asked, longestAsked))
	wait += time.Duration(float64(wait) * pace.Jitter * random) // never less
	b.refusals++
	b.set, b.until = now, now.Add(wait)
}

// admitted takes in that a launch was not refused, and reports whether others
// were before. One that was under way when the brake was set does not count.
func (b *brake) admitted(began time.Time) bool {
	if b.refusals == 0 || began.Before(b.set) {
		return false
	}
	*b = brake{first: b.first, most: b.most}
	return true
}
