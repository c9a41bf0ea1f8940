package pods

import (
	"iter"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// FactorName says what pods can have in common.
type FactorName string

// The factors, those that say where or since when first, then those that say
// what.
const (
	FactorNode  FactorName = "node"
	FactorZone  FactorName = "zone"
	FactorPool  FactorName = "pool"  // of nodes
	FactorAge   FactorName = "age"   // of the pod, in bands
	FactorOwner FactorName = "owner" // the Deployment, DaemonSet or the like
	FactorImage FactorName = "image"
	FactorRepo  FactorName = "repo" // of users' pods and builds
)

// what reports whether the factor is the pod's own nature rather than its
// surroundings.
func (f FactorName) what() bool { return f == FactorOwner || f == FactorImage || f == FactorRepo }

// Trait is a value of a factor, such as one node.
type Trait struct {
	Factor FactorName `json:"factor"`
	Value  string     `json:"value"`
}

// Pods are compared with their own kind alone: see chance.Strata.
const (
	residents = iota // services and whatever else is there to stay
	visitors         // users' pods and builds
	strata
)

// tally counts pods by stratum.
type tally [strata]int

func (t tally) total() int { return t[residents] + t[visitors] }

// spot is a node, or wherever a pod without one is, as seen by a namespace.
type spot struct{ namespace, node string }

// survey is what is kept of the pods of a cluster: counts, and those that are
// sick.
type survey struct {
	now        time.Time
	pods       tally
	having     map[Trait]tally
	users      map[spot]int
	namespaces map[string]bool
	sick       []patient // with a container that loops
	failed     []patient // users' pods that failed lately
	shaken     []patient // others of which a container died lately
}

// begin forgets what was counted.
func (s *survey) begin() {
	*s = survey{now: s.now, having: map[Trait]tally{}, users: map[spot]int{}, namespaces: map[string]bool{}}
}

// keep counts a pod.
func (s *survey) keep(p patient) {
	in := p.stratum()
	s.pods[in]++
	s.namespaces[p.namespace] = true
	if p.kind == cluster.User {
		s.users[spot{p.namespace, p.node}]++
	}
	for trait := range s.traits(&p, p.images) {
		count := s.having[trait]
		count[in]++
		s.having[trait] = count
	}
	switch {
	case p.failed != nil:
		s.failed = append(s.failed, p)
	case len(p.failing) > 0:
		s.sick = append(s.sick, p)
	case len(p.shaken) > 0:
		s.shaken = append(s.shaken, p)
	}
}

func (p *patient) stratum() int {
	if p.visitor() {
		return visitors
	}
	return residents
}

// traits gives what can be told of a pod as it arrives; zone and pool follow
// from the node.
func (s *survey) traits(p *patient, images []string) iter.Seq[Trait] {
	return func(yield func(Trait) bool) {
		owner := p.owner.String()
		if owner != "" {
			owner += " in " + p.namespace
		}
		for _, trait := range []Trait{
			{FactorNode, p.node},
			{FactorAge, BandOf(max(0, s.now.Sub(p.created)))},
			{FactorOwner, owner},
			{FactorRepo, p.repo},
		} {
			if trait.Value != "" && !yield(trait) {
				return
			}
		}
		for _, image := range images {
			if image != "" && !yield(Trait{FactorImage, image}) {
				return
			}
		}
	}
}

// traits are what a node's place adds.
func (p places) traits(node string) []Trait {
	var traits []Trait
	if at := p[node]; at.zone != "" {
		traits = append(traits, Trait{FactorZone, at.zone})
	}
	if at := p[node]; at.pool != "" {
		traits = append(traits, Trait{FactorPool, at.pool})
	}
	return traits
}

// spread adds to the counts those of zones and pools.
func (s *survey) spread(where places) {
	for node := range where {
		count := s.having[Trait{FactorNode, node}]
		for _, trait := range where.traits(node) {
			sum := s.having[trait]
			for i, pods := range count {
				sum[i] += pods
			}
			s.having[trait] = sum
		}
	}
}
