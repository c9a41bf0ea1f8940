package nodes

import (
	"fmt"
	"time"
)

const (
	// slowStart is how long a pod may take for its containers to be made: large
	// images take minutes.
	slowStart = 5 * time.Minute
	// slowEnd is how long a pod may take to go, beyond its grace period.
	slowEnd = time.Minute
	// failureWindow is how far back failed users' servers count.
	failureWindow = time.Hour
	// fewestFailures is how many it takes before they are held against a node, and
	// fewestImages of how many images.
	fewestFailures = 5
	fewestImages   = 2
	// startWindow and startTime say which pods tell whether anything starts on a
	// node: those that came so lately, but not more lately than that.
	startWindow = 30 * time.Minute
	startTime   = 2 * time.Minute
	// fewestStarts is how many it takes to speak of nothing starting.
	fewestStarts = 3
)

// askPods notes pods that do not get on, and nodes where they do not.
func (q *inquiry) askPods() {
	failed, starts := newFailures(), newTally()
	came := variety{}
	for i := range q.guests {
		g := &q.guests[i]
		if q.byName[g.node] == nil {
			continue
		}
		q.askStuck(g)
		if at := g.evicted(); g.reason == "Evicted" && q.lateness(at) < recent {
			q.note(g.node, PodEvicted, g.place(), fact{"pod " + g.place(), "was evicted", at})
		}
		if q.comparable(g) {
			failed.add(g, q.failedLately(g))
		}
		if q.startsNow(g) {
			starts.add(g.node, !g.ready && !g.finished())
			came.add(g)
		}
	}
	q.askPulls()
	images := failed.byImage()
	for i := range q.nodes {
		q.askFailures(&q.nodes[i], failed, images)
		if came.several(q.nodes[i].Name) {
			q.askStarts(&q.nodes[i], starts)
		}
	}
}

func (q *inquiry) askStuck(g *guest) {
	if g.finished() || !g.due.IsZero() {
		if late := q.now.Sub(g.due); !g.due.IsZero() && late > slowEnd && !g.held {
			q.note(g.node, StuckEnding, g.place(), fact{"pod " + g.place(), "is Terminating, and should be gone", g.due})
		}
		return
	}
	since := g.scheduled
	if g.ended.After(since) { // the next init container's turn came then
		since = g.ended
	}
	if settled := q.byName[g.node].Age(q.now) > settling; !settled || g.scheduled.IsZero() || q.lateness(since) < slowStart {
		return
	}
	t := g.looping()
	switch {
	case g.creating:
		q.note(g.node, StuckCreating, alike(g), fact{"pod " + g.place(), "waits for its containers to be created", since})
	case t != nil && !g.service() && !pullFailing(t.waiting):
		q.note(g.node, StuckCreating, alike(g), fact{"pod " + g.place(), loopText(t), g.scheduled})
	}
}

// comparable reports whether a pod tells how users' servers fare now: one that
// runs, or that ended in the last hour.
func (q *inquiry) comparable(g *guest) bool {
	return g.users() && g.scheduled.Before(q.now) && (!g.finished() || q.lateness(g.ended) < failureWindow)
}

// failedLately reports whether a user's server failed, and not for a reason that
// is the user's own or that is counted apart.
func (q *inquiry) failedLately(g *guest) bool {
	return g.phase == "Failed" && g.killed != oomKilled && g.reason != "Evicted"
}

// failures counts users' servers, and those of them that failed.
type failures struct {
	*tally
	images map[imageOn]bool // whether one failed
}

// imageOn is an image on a node.
type imageOn struct{ node, image string }

func newFailures() *failures { return &failures{newTally(), map[imageOn]bool{}} }

func (f *failures) add(g *guest, ill bool) {
	f.tally.add(g.node, ill)
	at := imageOn{g.node, alike(g)}
	f.images[at] = f.images[at] || ill
}

// byImage counts the servers of one image on one node as one: if a repository
// is broken then all who launch it fail, and some node has most of them.
func (f *failures) byImage() *tally {
	images := newTally()
	for at, ill := range f.images {
		images.add(at.node, ill)
	}
	return images
}

// askFailures asks whether more users' servers failed on a node than chance
// explains, those of one image counting once.
func (q *inquiry) askFailures(n *Node, failed *failures, images *tally) {
	ill, different := failed.illOn[n.Name], images.illOn[n.Name]
	if ill < fewestFailures || different < fewestImages || !images.telling(n.Name, len(q.nodes)) {
		return
	}
	what := fmt.Sprintf("%d of the %d users' servers that failed in the last hour were there, of %d images", ill, failed.ill, different)
	q.noteMany(n.Name, UsersFailed, different, fact{"node " + n.Name, what, q.now})
}

// startsNow reports whether a pod tells if anything starts on its node.
func (q *inquiry) startsNow(g *guest) bool {
	since := q.now.Sub(g.scheduled)
	return !g.scheduled.IsZero() && since < startWindow && since > startTime && g.due.IsZero()
}

func (q *inquiry) askStarts(n *Node, starts *tally) {
	came := starts.onNode[n.Name]
	if !n.Schedulable() || n.Age(q.now) < settling || came < fewestStarts || starts.illOn[n.Name] < came || !starts.telling(n.Name, len(q.nodes)) {
		return
	}
	what := fmt.Sprintf("none of the %d pods that came in the last half hour is ready; elsewhere %d of %d are",
		came, starts.all-starts.ill, starts.all-came)
	at := n.Created
	if last := q.lastReady[n.Name]; last != nil {
		at = *last
	}
	q.note(n.Name, NothingStarts, n.Name, fact{"node " + n.Name, what, at})
}
