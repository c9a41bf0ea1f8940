package pods

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/chance"
)

// inquiry holds, for some of the pods of a survey, how many of them share each
// trait and which of the sick do.
type inquiry struct {
	survey *survey
	left   map[Trait]tally // of pods that were left out
	out    tally           // how many those are
	sick   tally
	hits   map[Trait][]int // the sick that share a trait, by number
	makers map[Trait]map[string]bool
}

// inquire looks at all pods but those of the sick that are left out.
func (s *survey) inquire(sick []patient, where places, leaveOut func(*patient) bool) *inquiry {
	q := &inquiry{survey: s, left: map[Trait]tally{}, hits: map[Trait][]int{}, makers: map[Trait]map[string]bool{}}
	for i := range sick {
		p := &sick[i]
		if leaveOut(p) {
			q.skip(p, where)
		} else {
			q.add(i, p, where)
		}
	}
	return q
}

func (q *inquiry) add(i int, p *patient, where places) {
	q.sick[p.stratum()]++
	share := func(trait Trait) {
		q.hits[trait] = append(q.hits[trait], i)
		if q.makers[trait] == nil {
			q.makers[trait] = map[string]bool{}
		}
		q.makers[trait][p.maker()] = true
	}
	for trait := range q.survey.traits(p, p.sickImages()) {
		share(trait)
	}
	for _, trait := range where.traits(p.node) {
		share(trait)
	}
}

func (q *inquiry) skip(p *patient, where places) {
	q.out[p.stratum()]++
	without := func(trait Trait) {
		count := q.left[trait]
		count[p.stratum()]++
		q.left[trait] = count
	}
	for trait := range q.survey.traits(p, p.images) {
		without(trait)
	}
	for _, trait := range where.traits(p.node) {
		without(trait)
	}
}

// maker is what made the pod what it is: of a user's pod the repository.
func (p *patient) maker() string {
	switch {
	case p.owner != cluster.Owner{}:
		return p.namespace + "/" + p.owner.String()
	case p.repo != "":
		return "repo " + p.repo
	default:
		return p.namespace + "/" + p.name
	}
}

// draw is what was seen of a trait.
func (q *inquiry) draw(sick []patient, trait Trait) chance.Strata {
	draws := make(chance.Strata, strata)
	having := q.survey.having[trait]
	for in := range draws {
		draws[in] = chance.Draw{
			Population: q.survey.pods[in] - q.out[in], Marked: having[in] - q.left[trait][in], Drawn: q.sick[in],
		}
	}
	for _, i := range q.hits[trait] {
		draws[sick[i].stratum()].Hits++
	}
	return draws
}

// ownFaults are the traits of pods that are sick of themselves: an owner, an
// image or a repository all of whose pods are sick, on several nodes. Wherever
// such a pod is, it is sick: it says nothing of the place, but would accuse the
// pool its Deployment is confined to.
func (q *inquiry) ownFaults(sick []patient) map[Trait]bool {
	faults := map[Trait]bool{}
	for trait, hits := range q.hits {
		if trait.Factor.what() && len(hits) == q.survey.having[trait].total() && onSeveralNodes(sick, hits) {
			faults[trait] = true
		}
	}
	return faults
}

// tell lists traits, those first that it helps more to know, and none that only
// says the same of the same pods.
func (q *inquiry) tell(traits map[Trait]bool) []Trait {
	sorted := slices.SortedFunc(maps.Keys(traits), func(a, b Trait) int {
		return cmp.Or(
			cmp.Compare(len(q.hits[b]), len(q.hits[a])),
			cmp.Compare(slices.Index(byUse(), a.Factor), slices.Index(byUse(), b.Factor)),
			strings.Compare(a.Value, b.Value),
		)
	})
	told := []Trait{}
	for _, trait := range sorted {
		if !slices.ContainsFunc(told, func(wider Trait) bool { return beyond(q.hits[trait], q.hits[wider]) == 0 }) {
			told = append(told, trait)
		}
	}
	return told
}

func onSeveralNodes(sick []patient, hits []int) bool {
	first := ""
	for _, i := range hits {
		switch node := sick[i].node; {
		case node == "":
		case first == "":
			first = node
		case node != first:
			return true
		}
	}
	return false
}
