package pods

import (
	"cmp"
	"slices"
	"strings"

	"github.com/binderctl/binderctl/pkg/cluster/chance"
)

// Significance is the limit below which a factor is shown: chance would bring
// forth something as remarkable, among all that is tested, less often than once
// in a hundred diagnoses.
const Significance = 0.01

// fewestShare is how many sick pods have to share something before it can be
// called common, and fewestMakers of how many different makers they have to be
// where it is about a place or a time: the pods of one Deployment, or those that
// run one repository, are no evidence by themselves, however many they are.
const (
	fewestShare  = 2
	fewestMakers = 2
)

// Factor is something that sick pods share more often than chance explains.
type Factor struct {
	Trait
	Sick   int     `json:"sick"`   // sick pods that share it
	OfSick int     `json:"ofSick"` // sick pods among which it was looked for
	All    int     `json:"all"`    // pods that share it, sick or not
	OfAll  int     `json:"ofAll"`  // pods among which it was looked for
	Odds   float64 `json:"odds"`   // how many times the odds to be sick are those of pods without it
	P      float64 `json:"p"`      // of so many or more by chance, were this all that is tested
	Chance float64 `json:"chance"` // of anything as remarkable among all that is tested
	// Cordoned is true of a node that takes no new pods already.
	Cordoned bool `json:"cordoned"`
	// Same are lesser factors, which hold for none but these sick pods.
	Same []Trait `json:"same"`

	hits  []int // which of the sick
	draws chance.Strata
}

// common ranks what the sick have in common, the least likely by chance first.
// Places and ages are compared without the pods that are sick of themselves,
// which apart tells.
func (s *survey) common(sick []patient, where places) (factors []Factor, apart []Trait) {
	s.spread(where)
	everyone := s.inquire(sick, where, func(*patient) bool { return false })
	faults := everyone.ownFaults(sick)
	victims := s.inquire(sick, where, func(p *patient) bool {
		for trait := range s.traits(p, p.sickImages()) {
			if faults[trait] {
				return true
			}
		}
		return false
	})
	about := func(trait Trait) *inquiry {
		if trait.Factor.what() {
			return everyone
		}
		return victims
	}
	var least []float64
	for trait := range s.having {
		if draws := about(trait).draw(sick, trait); draws.Total().Marked >= fewestShare {
			least = append(least, draws.Least())
		}
	}
	tests := chance.Tests(least, Significance)
	for trait := range everyone.hits {
		if factor, shown := about(trait).judge(sick, trait, tests); shown {
			factor.Cordoned = trait.Factor == FactorNode && where[trait.Value].cordoned
			factors = append(factors, factor)
		}
	}
	slices.SortFunc(factors, compareFactors)
	return fold(factors, where, tests), everyone.tell(faults)
}

// judge says whether a trait is a common factor.
func (q *inquiry) judge(sick []patient, trait Trait, tests int) (f Factor, shown bool) {
	hits := q.hits[trait]
	if len(hits) < fewestShare || !trait.Factor.what() && len(q.makers[trait]) < fewestMakers {
		return f, false
	}
	draws := q.draw(sick, trait)
	total := draws.Total()
	f = Factor{
		Trait: trait, Sick: total.Hits, OfSick: total.Drawn, All: total.Marked, OfAll: total.Population,
		Odds: draws.Odds(), P: draws.Tail(), Same: []Trait{}, hits: hits, draws: draws,
	}
	f.Chance = min(1, f.P*float64(tests))
	return f, f.Chance < Significance
}

// compareFactors puts the stronger first. An age says since when, which seldom
// is the cause, so ages come last; of equals the one to look at first.
func compareFactors(a, b Factor) int {
	return cmp.Or(
		cmp.Compare(boolean(a.Factor == FactorAge), boolean(b.Factor == FactorAge)),
		cmp.Compare(a.P, b.P),
		cmp.Compare(b.Odds, a.Odds),
		cmp.Compare(slices.Index(byUse(), a.Factor), slices.Index(byUse(), b.Factor)),
		strings.Compare(a.Value, b.Value),
	)
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// byUse orders the factors by how much it helps to know them.
func byUse() []FactorName {
	return []FactorName{FactorNode, FactorOwner, FactorRepo, FactorImage, FactorPool, FactorZone, FactorAge}
}

// fold puts a factor under a stronger one if it holds for no other sick pods; a
// zone or a pool under its node if the rest of it is well; and an age under
// whatever leaves too few of its sick to share it.
func fold(factors []Factor, where places, tests int) []Factor {
	kept := []Factor{}
	for _, factor := range factors {
		fewest := 1
		if factor.Factor == FactorAge {
			fewest = fewestShare
		}
		at := slices.IndexFunc(kept, func(stronger Factor) bool {
			return beyond(factor.hits, stronger.hits) < fewest || echoes(factor, stronger, where, tests)
		})
		if at < 0 {
			kept = append(kept, factor)
		} else {
			kept[at].Same = append(kept[at].Same, factor.Trait)
		}
	}
	return kept
}

// beyond counts those of one list that are not in another, which is in order.
func beyond(some, others []int) int {
	n := 0
	for _, i := range some {
		if _, found := slices.BinarySearch(others, i); !found {
			n++
		}
	}
	return n
}

// echoes reports whether a zone or a pool stands out for one of its nodes alone.
func echoes(wider, node Factor, where places, tests int) bool {
	if node.Factor != FactorNode || !slices.Contains(where.traits(node.Value), wider.Trait) {
		return false
	}
	rest := slices.Clone(wider.draws)
	for in := range rest {
		rest[in].Population -= node.draws[in].Marked
		rest[in].Marked -= node.draws[in].Marked
		rest[in].Drawn -= node.draws[in].Hits
		rest[in].Hits -= node.draws[in].Hits
	}
	return rest.Tail()*float64(tests) >= Significance
}
