package nodes

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster/chance"
)

// inquiry gathers facts against nodes.
type inquiry struct {
	*snapshot
	byName    map[string]*Node
	byUID     map[types.UID]*guest
	lastReady map[string]*time.Time // when a pod last became ready on each node
	cases     map[caseOf]*facts
}

// caseOf is one kind of evidence against one node.
type caseOf struct {
	node string
	clue Clue
}

// facts make a case. Each stands for what is alike and counts once; keys say
// what is.
type facts struct {
	byKey map[string]fact
	count int
}

// fact is one object that speaks against a node.
type fact struct {
	object string
	what   string
	at     time.Time
}

func newInquiry(s *snapshot) *inquiry {
	q := &inquiry{
		snapshot: s, byName: make(map[string]*Node, len(s.nodes)), byUID: make(map[types.UID]*guest, len(s.guests)),
		lastReady: map[string]*time.Time{}, cases: map[caseOf]*facts{},
	}
	for i := range s.nodes {
		q.byName[s.nodes[i].Name] = &s.nodes[i]
	}
	for i := range s.guests {
		g := &s.guests[i]
		q.byUID[g.uid] = g
		if last := q.lastReady[g.node]; g.ready && (last == nil || g.readySince.After(*last)) {
			q.lastReady[g.node] = &g.readySince
		}
	}
	return q
}

// note holds a fact against a node. What is noted twice of what is alike counts
// once: key says what is.
func (q *inquiry) note(node string, clue Clue, key string, f fact) {
	c := q.open(node, clue)
	known, ok := c.byKey[key]
	if !ok {
		c.count++
	}
	if !ok || f.at.After(known.at) {
		c.byKey[key] = f
	}
}

// noteMany holds one fact against a node that counts as much as many.
func (q *inquiry) noteMany(node string, clue Clue, many int, f fact) {
	c := q.open(node, clue)
	c.byKey[""], c.count = f, many
}

func (q *inquiry) open(node string, clue Clue) *facts {
	if q.byName[node] == nil { // it is gone
		return &facts{byKey: map[string]fact{}}
	}
	at := caseOf{node, clue}
	if q.cases[at] == nil {
		q.cases[at] = &facts{byKey: map[string]fact{}}
	}
	return q.cases[at]
}

// has reports whether there is evidence of a kind against a node.
func (q *inquiry) has(node string, clue Clue) bool { return q.cases[caseOf{node, clue}] != nil }

// linesOfCase is how many objects of one kind of evidence are named; the rest is
// summed up in the last line.
const linesOfCase = 4

// evidence weighs the facts of a case: a line for each object, the latest first.
func (f *facts) evidence(weight Weight, shared bool) []Evidence {
	all := slices.SortedFunc(maps.Values(f.byKey), func(a, b fact) int {
		return cmp.Or(b.at.Compare(a.at), strings.Compare(a.object, b.object))
	})
	lines, counted, weighed := []Evidence{}, 0, 0.0
	for i, one := range all[:min(len(all), linesOfCase)] {
		objects := 1
		if i == linesOfCase-1 || i == len(all)-1 {
			objects = f.count - counted
		}
		counted += objects
		total := weight.of(counted, shared)
		lines = append(lines, Evidence{
			Clue: weight.Clue, Weight: hundredths(total - weighed), Shared: shared && weight.Shared,
			What: one.what, Object: one.object, Objects: objects, At: one.at,
		})
		weighed = total
	}
	return lines
}

// hundredths rounds a weight, so that sums of them read well.
func hundredths(weight float64) float64 { return math.Round(100*weight) / 100 }

// lateness is how long ago something was; never negative.
func (q *inquiry) lateness(at time.Time) time.Duration { return max(0, q.now.Sub(at)) }

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
