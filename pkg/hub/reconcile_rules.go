package hub

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"
)

// rule is one way in which a pod and the Hub's idea of it can differ.
type rule struct {
	class Class
	// asks is true of what a list alone cannot show: the Hub is asked by name.
	asks bool
	// passes is true of what an ordinary day shows for a moment, too: it has to be
	// seen again a while later.
	passes bool
	// judge says what was seen, or "" if all is well.
	judge func(*subject, Limits) string
}

// rules are all there are. The first that holds of a server counts.
func rules() []rule {
	return []rule{
		{Orphan, true, false, lost},
		{Ghost, true, false, ended},
		{Ghost, true, true, gone},
		{Stuck, true, false, neverStarts},
		{Stuck, true, false, neverEnds},
		{Stuck, true, true, stopsNothing},
		{Stuck, true, true, neverStopped},
		{Stuck, true, true, neverChecked},
		{Unrouted, true, true, unrouted},
		{StaleRoute, true, true, staleRoute},
		{NeverClaimed, false, false, neverClaimed},
		{Overdue, false, false, overdue},
	}
}

// lost is a pod that the Hub has forgotten, or never knew. One that is on its way
// out is only lost when it has had as long for that as the Hub would have given
// it.
func lost(s *subject, l Limits) string {
	p := s.stays()
	switch {
	case p == nil, s.known, p.Doubt != "", s.now.Sub(p.Created) <= l.youngest():
		return ""
	case !p.deleting():
		return fmt.Sprintf("the Hub has no such server; the pod is %s and %s old%s", p.Phase, age(s.now, p.Created), s.route())
	case s.now.Sub(p.GoneBy) <= l.StartTimeout:
		return ""
	default:
		return fmt.Sprintf("the Hub has no such server; the pod was to be gone %s ago and is still there, %s", age(s.now, p.GoneBy), p.keeper())
	}
}

// ended is a server whose pod has ended for good, so long ago that the Hub must
// have noticed. Most servers of a BinderHub end like this: by themselves, when
// nobody uses them.
func ended(s *subject, _ Limits) string {
	p := s.stays()
	if !s.runs() || p == nil || !p.ended() || p.EndedAt.IsZero() || s.now.Sub(p.EndedAt) <= DefaultSettle+grace {
		return ""
	}
	return fmt.Sprintf("the Hub says that it runs, and its pod has ended %s ago: %s", age(s.now, p.EndedAt), p.Phase)
}

// gone is a server without a pod, or with one of which nobody knows when it
// ended.
func gone(s *subject, _ Limits) string {
	switch p := s.stays(); {
	case !s.runs():
		return ""
	case s.absent():
		return "the Hub says that it runs, and it has no pod"
	case p != nil && p.ended() && s.before.ended() && p.EndedAt.IsZero():
		return fmt.Sprintf("the Hub says that it runs, and its pod has ended: %s", p.Phase)
	default:
		return ""
	}
}

// neverStarts is a start that the Hub should have given up.
func neverStarts(s *subject, l Limits) string {
	p := s.pod()
	limit := l.longestSpawn(p != nil && p.deleting())
	if !s.pends(PendingSpawn) || s.server.Started.IsZero() || s.now.Sub(s.server.Started) <= limit {
		return ""
	}
	return fmt.Sprintf("it has been starting for %s, and the Hub gives up after %s; %s",
		age(s.now, s.server.Started), duration.HumanDuration(l.StartTimeout), p.words(s.now))
}

// neverEnds is a stop whose pod does not go.
func neverEnds(s *subject, l Limits) string {
	p := s.stays()
	if !s.pends(PendingStop) || p == nil || !p.deleting() || s.now.Sub(p.GoneBy) <= l.StartTimeout+grace {
		return ""
	}
	return fmt.Sprintf("the Hub is stopping it; the pod was to be gone %s ago and is still there, %s", age(s.now, p.GoneBy), p.keeper())
}

// stopsNothing is a stop that goes on though the pod is gone.
func stopsNothing(s *subject, _ Limits) string {
	if !s.pends(PendingStop) || !s.absent() {
		return ""
	}
	return "the Hub is stopping it, and it has no pod any more"
}

// neverStopped is a stop whose pod nobody asked to go.
func neverStopped(s *subject, _ Limits) string {
	p := s.stays()
	if !s.pends(PendingStop) || p == nil || p.deleting() || p.ended() {
		return ""
	}
	return "the Hub is stopping it, and nobody has asked the pod to go"
}

// neverChecked is a check that does not end. After a restart the Hub checks all
// servers at once, which takes its time.
func neverChecked(s *subject, l Limits) string {
	if !s.pends(PendingCheck) || s.now.Sub(l.HubSince) <= l.StartTimeout {
		return ""
	}
	return "the Hub is checking it, and does not come to an end; " + s.pod().words(s.now)
}

// unrouted is a server that runs and that nobody can reach.
func unrouted(s *subject, _ Limits) string {
	p := s.stays()
	if !s.routesRead || s.routed || !s.runs() || p == nil || !p.Ready || p.deleting() {
		return ""
	}
	return "it runs, and the proxy does not lead to it"
}

// staleRoute is a route to a server of which the Hub knows nothing.
func staleRoute(s *subject, _ Limits) string {
	if !s.routed || s.known {
		return ""
	}
	return "the proxy leads there, and the Hub has no such server"
}

// neverClaimed is a server that was ready when BinderHub had given up on it, so
// that nobody was ever sent there. Later than the Hub itself would have given up
// it cannot have become ready for the first time. What the Hub knows of activity
// is minutes old, and becoming ready counts as some.
func neverClaimed(s *subject, l Limits) string {
	p := s.stays()
	if !s.runs() || p == nil || p.deleting() || p.ReadyAt.IsZero() || s.server.LastActivity.IsZero() {
		return ""
	}
	took := p.ReadyAt.Sub(p.Created)
	switch {
	case took <= l.LaunchTimeout, took > l.longestSpawn(false):
		return ""
	case s.now.Sub(p.ReadyAt) <= activityEvery+grace, s.server.LastActivity.After(p.ReadyAt.Add(grace)):
		return ""
	}
	return fmt.Sprintf("it was ready %s after its pod was made, when BinderHub had given up (%s); nobody has used it since",
		duration.HumanDuration(took), duration.HumanDuration(l.LaunchTimeout))
}

// overdue is a server that the culler should have stopped.
func overdue(s *subject, l Limits) string {
	p := s.stays()
	if l.MaxAge == 0 || !s.known || p == nil || p.deleting() || p.Doubt != "" {
		return ""
	}
	began := p.Created
	if s.server.Started.After(began) { // that is what the culler goes by
		began = s.server.Started
	}
	if s.now.Sub(began) <= l.MaxAge {
		return ""
	}
	return fmt.Sprintf("it is %s old, and the culler leaves none beyond %s", age(s.now, began), duration.HumanDuration(l.MaxAge))
}

// route tells, of a lost pod, that the proxy still leads somewhere for its user.
func (s *subject) route() string {
	if s.routed {
		return ", and the proxy still leads to it"
	}
	return ""
}

// words say how a pod is; it may be nil.
func (p *UserPod) words(now time.Time) string {
	switch {
	case p == nil:
		return "there is no pod"
	case p.deleting():
		return "the pod is on its way out"
	default:
		return fmt.Sprintf("the pod is %s and %s old", p.Phase, age(now, p.Created))
	}
}

// keeper says what keeps a pod that was to be gone.
func (p *UserPod) keeper() string {
	var keepers []string
	if p.Held != "" {
		keepers = append(keepers, "held by finalizer "+p.Held)
	}
	if p.Node != "" {
		keepers = append(keepers, "on node "+p.Node)
	}
	if len(keepers) == 0 {
		return "on no node"
	}
	return strings.Join(keepers, ", ")
}

// age is how long ago something was, as a person would say.
func age(now, then time.Time) string { return duration.HumanDuration(max(0, now.Sub(then))) }
