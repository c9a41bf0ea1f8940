package launchtest

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Sight is what the cluster shows of the pod of a server that comes up.
type Sight struct {
	Pods  []string  `json:"pods"`    // the one, or those of which it is one
	Ready time.Time `json:"readyAt"` // since when all of them have been ready; zero if they are not
}

const (
	// lookAfter is how long a server may take to come up before the cluster is
	// asked for its pod, and lookEvery how often it is from then on. Somebody who
	// has stopped the launch waits for the answer: it is asked for soon then.
	lookAfter = 10 * time.Second
	lookEvery = 5 * time.Second
	lookSoon  = time.Second
	// overlookedAfter is how long a pod may be ready before it is said that the Hub
	// has not noticed: it waits for the server to answer, which takes one seconds.
	overlookedAfter = 10 * time.Second
)

// lookOut asks the cluster for the pod of a server that comes up, until reading
// ends: a Hub that does not see its pods says nothing at all.
func (s *story) lookOut(ctx, reading context.Context) {
	rest, ended := lookEvery, ctx.Done()
	timer := time.NewTimer(rest)
	defer timer.Stop()
	for {
		select {
		case <-reading.Done():
			return
		case <-ended:
			rest, ended = lookSoon, nil
		case <-timer.C:
			if coming, ok := s.coming(ctx); ok {
				s.see(ctx, s.opts.Look(reading, coming))
			}
		}
		timer.Reset(rest)
	}
}

// coming is the launch as it is, if it is worth to ask for its pod.
func (s *story) coming(ctx context.Context) (Launch, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.launch.Spans, func(span Span) bool { return span.Stage.spawning() })
	if at < 0 || !s.launch.Stage().spawning() {
		return Launch{}, false
	}
	early := s.clock.now().Sub(s.launch.Spans[at].Began) < lookAfter
	coming := s.launch
	coming.Spans = slices.Clone(coming.Spans)
	return coming, !early || ctx.Err() != nil
}

// see takes in what the cluster shows. A pod that is ready is on its route,
// whatever the Hub says; once the launch was ended, nobody waits for a Hub that has
// not noticed.
func (s *story) see(ctx context.Context, sight Sight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(sight.Pods) == 0 || !s.launch.Stage().spawning() {
		return
	}
	if sight.Ready.IsZero() || s.clock.now().Sub(sight.Ready) < overlookedAfter {
		s.launch.Overlooked = nil
		return
	}
	s.launch.Overlooked = &sight
	if len(sight.Pods) == 1 {
		s.launch.pod = sight.Pods[0]
	}
	if ctx.Err() != nil {
		s.hangUp()
		return
	}
	if s.launch.Stage().Before(Route) {
		s.clock.enterAt(Route, latest(sight.Ready.UTC(), s.launch.Spans[len(s.launch.Spans)-1].Began))
	}
	s.clock.tell(Moment{Note: sight.says(s.clock.now())})
}

// says is what is wrong with a pod of which the Hub takes no notice.
func (s *Sight) says(now time.Time) string {
	return fmt.Sprintf("%s been ready for %s and the Hub has not noticed: its reflector may be dead",
		s.named(" has", " have"), now.Sub(s.Ready).Truncate(time.Second))
}

// named is the pod by its name, with the verb for one or for several.
func (s *Sight) named(one, several string) string {
	if len(s.Pods) == 1 {
		return "pod " + s.Pods[0] + one
	}
	return fmt.Sprintf("%d pods of the repository, one of them its own,", len(s.Pods)) + several
}

// blameHub has a Hub that does not see its pods explain why a launch took too long.
func (s *story) blameHub(f *Failure) {
	if f == nil || s.launch.Overlooked == nil || !f.Stage.spawning() {
		return
	}
	switch f.Cause {
	case StageTooLong, LaunchTooLong, SpawnSlow:
		f.Stage, f.Cause = Route, Overlooked
		f.Says += "; " + s.launch.Overlooked.says(f.At)
	default:
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
