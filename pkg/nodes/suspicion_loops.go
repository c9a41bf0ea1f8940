package nodes

import (
	"fmt"
	"time"
)

// deathWindow is how far back deaths of containers count as recent.
const deathWindow = time.Hour

// crew is what is known of the pods of one owner.
type crew struct {
	pods, looping int
	nodesWell     map[string]bool // where one of them runs well
}

// askLoops notes containers that crash again and again, and asks whether it is
// the node or the program.
func (q *inquiry) askLoops() {
	crews := q.crews()
	loops, deaths := newTally(), newTally()
	looping, dead := variety{}, variety{}
	for i := range q.guests {
		g := &q.guests[i]
		if !g.service() || g.node == "" || g.finished() {
			continue
		}
		t := g.looping()
		loops.add(g.node, t != nil)
		died := q.diedLately(g)
		if deaths.add(g.node, died); died {
			dead.add(g)
		}
		if t == nil || pullFailing(t.waiting) {
			continue
		}
		looping.add(g)
		q.noteLoop(g, t, crews[g.owner])
	}
	for i := range q.nodes {
		node := q.nodes[i].Name
		switch {
		case looping.several(node) && loops.telling(node, len(q.nodes)):
			q.note(node, LoopsHere, node, fact{
				"node " + node, fmt.Sprintf("%d of the %d pods that crash again and again are there", loops.illOn[node], loops.ill), q.now,
			})
		case dead.several(node) && deaths.telling(node, len(q.nodes)):
			q.note(node, RestartsHere, node, fact{
				"node " + node, fmt.Sprintf("%d of the %d pods whose containers died in the last hour are there", deaths.illOn[node], deaths.ill), q.now,
			})
		}
	}
}

// variety is which different things fare ill on each node. Replicas of one
// Deployment that crash together are one thing: it may well be the program.
type variety map[string]map[string]bool

func (v variety) add(g *guest) {
	if v[g.node] == nil {
		v[g.node] = map[string]bool{}
	}
	v[g.node][alike(g)] = true
}

func (v variety) several(node string) bool { return len(v[node]) > 1 }

func (q *inquiry) diedLately(g *guest) bool {
	for _, t := range g.troubles {
		if !t.died.IsZero() && q.lateness(t.died) < deathWindow {
			return true
		}
	}
	return false
}

// crews counts the pods of each owner.
func (q *inquiry) crews() map[string]*crew {
	crews := map[string]*crew{}
	for i := range q.guests {
		g := &q.guests[i]
		if g.owner == "" || g.node == "" || g.finished() {
			continue
		}
		if crews[g.owner] == nil {
			crews[g.owner] = &crew{nodesWell: map[string]bool{}}
		}
		c := crews[g.owner]
		c.pods++
		switch {
		case g.looping() != nil:
			c.looping++
		case g.ready:
			c.nodesWell[g.node] = true
		}
	}
	return crews
}

// noteLoop notes a container that crashes again and again; c is the pod's crew,
// nil if it has none.
func (q *inquiry) noteLoop(g *guest, t *trouble, c *crew) {
	at := t.died
	if at.IsZero() {
		at = g.created
	}
	f := fact{"pod " + g.place(), loopText(t), at}
	switch {
	case c == nil || c.pods == 1:
		q.note(g.node, LoopAlone, alike(g), f)
	case onlyHere(c, g.node):
		f.what += fmt.Sprintf("; %d of its %d pods do not", c.pods-c.looping, c.pods)
		q.note(g.node, LoopOnlyHere, alike(g), f)
	default:
		f.what += fmt.Sprintf(", like %d of its %d pods", c.looping, c.pods)
		q.note(g.node, LoopEverywhere, alike(g), f)
	}
}

// onlyHere reports whether pods of one owner run well on other nodes and not on
// this one, and most of them do.
func onlyHere(c *crew, node string) bool {
	return len(c.nodesWell) > 0 && !c.nodesWell[node] && 2*c.looping <= c.pods
}

func loopText(t *trouble) string {
	text := "container " + t.container + " crashes again and again"
	if t.waiting != "" {
		text = "container " + t.container + " is in " + t.waiting
	}
	if t.restarts > 0 {
		text += fmt.Sprintf(" after %d restarts", t.restarts)
	}
	return text
}
