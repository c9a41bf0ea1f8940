package nodes

import (
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/chance"
)

// inquiry gathers facts against nodes.
type inquiry struct {
	*snapshot
	byName    map[string]*Node
	byPlace   map[string]*guest     // pods by "namespace/name"
	lastReady map[string]*time.Time // when a pod last became ready on each node
	cases     map[caseOf]*facts
}

// caseOf is one kind of evidence against one node.
type caseOf struct {
	node string
	clue Clue
}

// facts are the objects that make a case.
type facts struct {
	seen   map[string]bool
	latest fact
}

// fact is one object that speaks against a node.
type fact struct {
	object string
	what   string
	at     time.Time
}

func newInquiry(s *snapshot) *inquiry {
	q := &inquiry{
		snapshot: s, byName: make(map[string]*Node, len(s.nodes)), byPlace: make(map[string]*guest, len(s.guests)),
		lastReady: map[string]*time.Time{}, cases: map[caseOf]*facts{},
	}
	for i := range s.nodes {
		q.byName[s.nodes[i].Name] = &s.nodes[i]
	}
	for i := range s.guests {
		g := &s.guests[i]
		q.byPlace[g.place()] = g
		if last := q.lastReady[g.node]; g.ready && (last == nil || g.readySince.After(*last)) {
			q.lastReady[g.node] = &g.readySince
		}
	}
	return q
}

// note holds a fact against a node. What is noted twice of the same thing
// counts once: key says what is the same.
func (q *inquiry) note(node string, clue Clue, key string, f fact) {
	if q.byName[node] == nil {
		return
	}
	at := caseOf{node, clue}
	if q.cases[at] == nil {
		q.cases[at] = &facts{seen: map[string]bool{}}
	}
	c := q.cases[at]
	c.seen[key] = true
	if c.latest.object == "" || f.at.After(c.latest.at) {
		c.latest = f
	}
}

// has reports whether there is evidence of a kind against a node.
func (q *inquiry) has(node string, clue Clue) bool { return q.cases[caseOf{node, clue}] != nil }

func (f *facts) evidence(weight Weight, shared bool) Evidence {
	return Evidence{
		Clue: weight.Clue, Weight: weight.of(len(f.seen), shared), Shared: shared && weight.Shared,
		What: f.latest.what, Object: f.latest.object, Objects: len(f.seen), At: f.latest.at,
	}
}

// lateness is how long ago something was; never negative.
func (q *inquiry) lateness(at time.Time) time.Duration { return max(0, q.now.Sub(at)) }

// service reports whether a pod is neither a user's nor a build, nor holds room
// for one.
func (g *guest) service() bool {
	return g.kind != cluster.User && g.kind != cluster.Build && g.kind != cluster.Placeholder
}

// tally counts pods by node, and those of them that fare ill.
type tally struct {
	all, ill      int
	onNode, illOn map[string]int
}

func newTally() *tally { return &tally{onNode: map[string]int{}, illOn: map[string]int{}} }

func (t *tally) add(node string, ill bool) {
	t.all++
	t.onNode[node]++
	if ill {
		t.ill++
		t.illOn[node]++
	}
}

// significance is how unlikely chance alone must be to put so many pods that
// fare ill on some node, whichever it is: the tail of one node's, times the
// number of nodes (Bonferroni's correction).
const significance = 0.05

// telling reports whether more pods fare ill on a node than chance explains. On
// a cluster of one node nothing is ever telling: everything is there.
func (t *tally) telling(node string, nodes int) bool {
	draw := chance.Draw{Population: t.all, Marked: t.onNode[node], Drawn: t.ill, Hits: t.illOn[node]}
	return draw.Tail()*float64(nodes) < significance
}
