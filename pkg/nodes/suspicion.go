package nodes

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Evidence is what speaks against a node: one object, or the rest of many.
type Evidence struct {
	Clue    Clue      `json:"clue"`
	Weight  float64   `json:"weight"`
	What    string    `json:"what"`
	Object  string    `json:"object"`  // "node NAME" or "pod NAMESPACE/NAME"
	Objects int       `json:"objects"` // how many this line stands for
	At      time.Time `json:"at"`      // when it was last seen, or since when it is so
	Shared  bool      `json:"shared"`  // many nodes show it, so it counts a quarter
}

// Suspect is a node with the evidence against it, the weightiest first.
type Suspect struct {
	Node
	Score     float64    `json:"score"`
	Threshold float64    `json:"threshold"` // from which it is called unhealthy
	Unhealthy bool       `json:"unhealthy"`
	LastReady *time.Time `json:"lastReadyAt"`
	Evidence  []Evidence `json:"evidence"`
}

// Findings is what a search for unhealthy nodes brought.
type Findings struct {
	At       time.Time // by the API server's clock
	Nodes    int       // all there are
	Suspects []Suspect // all with any evidence, the most suspicious first
	Missing  []Missing // lists that could not be read: there may be more evidence
	Unseen   []string  // namespaces whose pods may not be read
}

// Unhealthy lists the suspects that reach the threshold.
func (f *Findings) Unhealthy() []Suspect {
	return slices.DeleteFunc(slices.Clone(f.Suspects), func(s Suspect) bool { return !s.Unhealthy })
}

// FindUnhealthy ranks the nodes of a cluster by what speaks against them,
// whether or not they say that they are ready.
func FindUnhealthy(ctx context.Context, c *cluster.Client) (Findings, error) {
	s, err := look(ctx, c, true)
	if err != nil {
		return Findings{}, err
	}
	s.listenAgain(ctx, c)
	s.headroom(0) // which tells of each node what is free
	return s.findings(), nil
}

func (s *snapshot) findings() Findings {
	return Findings{
		At: s.now, Nodes: len(s.nodes), Suspects: s.suspects(),
		Missing: s.missing, Unseen: s.unseen,
	}
}

// suspects weighs all evidence.
func (s *snapshot) suspects() []Suspect {
	q := newInquiry(s)
	q.askNodes()
	q.askEvents()
	q.askLoops()
	q.askPods()
	return q.verdicts()
}

// verdicts weighs the facts on each node.
func (q *inquiry) verdicts() []Suspect {
	spread := map[Clue]int{} // how many nodes show it
	for at := range q.cases {
		spread[at.clue]++
	}
	found := map[string]*Suspect{}
	for _, weight := range Weights() {
		shared := spread[weight.Clue] >= sharedNodes && spread[weight.Clue]*sharedPart > len(q.nodes)
		for i := range q.nodes {
			node := &q.nodes[i]
			facts := q.cases[caseOf{node.Name, weight.Clue}]
			if facts == nil {
				continue
			}
			if found[node.Name] == nil {
				found[node.Name] = &Suspect{Node: *node, LastReady: q.lastReady[node.Name]}
			}
			found[node.Name].add(facts.evidence(weight, shared)...)
		}
	}
	suspects := make([]Suspect, 0, len(found))
	for _, suspect := range found {
		suspect.Threshold = thresholdOf(&suspect.Node)
		suspect.Unhealthy = suspect.Score >= suspect.Threshold
		slices.SortStableFunc(suspect.Evidence, func(a, b Evidence) int { return cmp.Compare(b.Weight, a.Weight) })
		suspects = append(suspects, *suspect)
	}
	slices.SortFunc(suspects, func(a, b Suspect) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.Name, b.Name))
	})
	return suspects
}

// thresholdOf is the suspicion from which a node is called unhealthy. One that
// was taken out of service for a reason is called so from half of it: what spoke
// against it may have left with its pods, and it is not well for that.
func thresholdOf(node *Node) float64 {
	if node.Cordoned.Ours() {
		return Threshold / 2
	}
	return Threshold
}

func (s *Suspect) add(lines ...Evidence) {
	s.Evidence = append(s.Evidence, lines...)
	for _, line := range lines {
		s.Score = hundredths(s.Score + line.Weight)
	}
}

// reasonClues is how many kinds of evidence make a reason.
const reasonClues = 3

// Reason is the weightiest evidence in a few words, for the reason of a cordon.
func (s *Suspect) Reason() string {
	var words []string
	for _, e := range s.Evidence {
		if word := string(e.Clue); len(words) < reasonClues && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return strings.Join(words, ", ")
}
