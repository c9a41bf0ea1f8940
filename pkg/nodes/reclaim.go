package nodes

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

const (
	// spareRoom is by how much the nodes that stay must hold more users than there
	// are: a fifth, as mybinder keeps in placeholders.
	spareRoom = 1.2
	// launchWindow is for how long launches must find room as they come now: a new
	// node takes minutes, and somebody to notice takes longer.
	launchWindow = 30 * time.Minute
)

// ReclaimPlan is which nodes would be emptied so that the autoscaler takes them
// away, and what draining them would do.
type ReclaimPlan struct {
	Candidates []Candidate `json:"candidates"` // in the order in which they would be emptied
	Users      int         `json:"users"`      // who have or wait for a server
	Launches   int         `json:"launches"`   // in the last half hour
	Needed     int         `json:"needed"`     // users for whom there must be room
	Room       int         `json:"room"`       // users for whom there is, on the nodes that stay
	Drain      DrainPlan   `json:"drain"`
}

// Candidate is a node for users' pods, and whether it is emptied.
type Candidate struct {
	Subject
	Users   int    `json:"users"`
	Minutes int    `json:"userMinutes"` // that these users have been there, all together
	Fits    int    `json:"fits"`        // users it holds
	Empty   bool   `json:"empty"`
	Reason  string `json:"reason"` // why it stays

	infrastructure string // what keeps it, if anything does
}

// PlanReclaim decides, without changing anything, which nodes to empty: as many
// as leave room for the present users and launches, or, if keep is not negative,
// all but that many. The nodes whose users have been there the shortest, all
// together, come first; those that are cordoned already come before.
func PlanReclaim(ctx context.Context, c *cluster.Client, keep int, policy DrainPolicy, by, reason string) (ReclaimPlan, error) {
	all, err := callRoll(ctx, c)
	if err != nil {
		return ReclaimPlan{}, err
	}
	census := &census{now: c.Now()}
	if _, err := c.ReadPods(ctx, cluster.PodQuery{}, census); err != nil {
		return ReclaimPlan{}, err
	}
	plan := ReclaimPlan{Users: census.users, Launches: census.launches, Candidates: census.candidates(all)}
	plan.Needed = int(math.Ceil(spareRoom*float64(plan.Users))) + plan.Launches
	plan.choose(keep)
	var chosen []Subject
	for _, candidate := range plan.Candidates {
		if candidate.Empty {
			chosen = append(chosen, candidate.Subject)
		}
	}
	plan.Drain, err = planDrainOf(ctx, c, all, chosen, policy, by, reason)
	return plan, err
}

// choose picks the nodes to empty.
func (p *ReclaimPlan) choose(keep int) {
	slices.SortFunc(p.Candidates, func(a, b Candidate) int {
		return cmp.Or(compareBool(b.Cordoned, a.Cordoned), cmp.Compare(a.Minutes, b.Minutes), strings.Compare(a.Name, b.Name))
	})
	stay, open := 0, map[string]int{}
	for _, one := range p.Candidates {
		if one.takes() {
			p.Room += one.Fits
			open[one.Pool]++
		}
		stay++
	}
	for i := range p.Candidates {
		one := &p.Candidates[i]
		left := p.Room
		if one.takes() {
			left -= one.Fits
		}
		switch {
		case one.infrastructure != "":
			one.Reason = "it runs " + one.infrastructure
		case one.frozen:
			one.Reason = "the autoscaler was told to leave it (" + keepAnnotation + ")"
		case one.takes() && open[one.Pool] == 1:
			one.Reason = "it is the last of " + poolName(one.Pool) + " that takes new pods"
		case keep >= 0 && stay <= keep:
			one.Reason = "kept"
		case keep < 0 && left < p.Needed && one.takes():
			one.Reason = "its room is needed"
		default:
			one.Empty = true
			stay--
			if one.takes() {
				open[one.Pool]--
			}
			p.Room = left
		}
	}
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// census is the sink that counts, on each node, users and what else is there.
type census struct {
	now      time.Time
	users    int
	launches int
	sizes    []Room // of users' pods
	onNode   map[string]*lodgers
}

// lodgers are what is on a node.
type lodgers struct {
	users   int
	minutes float64
	others  Room // what all but users ask for
	hub     []string
}

// Reset forgets what was read.
func (s *census) Reset() {
	s.users, s.launches, s.sizes, s.onNode = 0, 0, nil, map[string]*lodgers{}
}

// Add takes in a pod.
func (s *census) Add(pod *corev1.Pod) {
	if finished(pod) {
		return
	}
	kind, age := cluster.KindOf(pod), s.now.Sub(pod.CreationTimestamp.Time)
	on, known := s.onNode[pod.Spec.NodeName]
	if !known {
		on = &lodgers{}
		s.onNode[pod.Spec.NodeName] = on
	}
	switch kind {
	case cluster.User:
		if pod.DeletionTimestamp != nil {
			return
		}
		s.users++
		s.sizes = append(s.sizes, requestOf(pod))
		if age < launchWindow {
			s.launches++
		}
		on.users++
		on.minutes += age.Minutes()
		return
	case cluster.Hub, cluster.Proxy, cluster.Binder:
		on.hub = append(on.hub, pod.Name)
	case cluster.Placeholder: // gives way to users
		return
	default:
	}
	on.others = on.others.plus(requestOf(pod))
}

// candidates are the nodes for users' pods. A node for the Hub's own pods is
// none, nor one that an autoscaler is taking away.
func (s *census) candidates(all []Subject) []Candidate {
	list := []Candidate{}
	size, _ := usualOf(s.sizes)
	for _, node := range all {
		if node.Core || node.leaving {
			continue
		}
		one := Candidate{Subject: node}
		var used Room
		if on := s.onNode[node.Name]; on != nil {
			one.Users, one.Minutes, used = on.users, int(on.minutes), on.others
			one.infrastructure = strings.Join(on.hub, ", ")
		}
		one.Fits = node.offers.minus(used).holds(size)
		list = append(list, one)
	}
	return list
}
