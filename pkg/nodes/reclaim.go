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

	open           bool   // users may come to it now
	infrastructure string // what keeps it, if anything does
	annotation     string // by which an autoscaler was told to leave it, if it was
}

// PlanReclaim decides, without changing anything, which nodes to empty: as many
// as leave room for the present users and launches, or, if keep is not negative,
// all but that many that are not cordoned. The nodes whose users have been there the
// shortest, all together, come first; those that the operator has cordoned already
// come before. What others have cordoned is theirs, and may be about to be opened
// again: the image cleaner does that.
func PlanReclaim(ctx context.Context, c *cluster.Client, keep int, policy DrainPolicy, by, reason string) (ReclaimPlan, error) {
	land := &land{}
	if err := c.ReadNodes(ctx, land); err != nil {
		return ReclaimPlan{}, err
	}
	census := &census{now: c.ServerNow()} // which has answered, for its nodes
	if _, err := c.ReadPods(ctx, cluster.PodQuery{Detail: true}, census); err != nil {
		return ReclaimPlan{}, err
	}
	plan := ReclaimPlan{Users: census.users, Launches: census.launches, Candidates: census.candidates(land)}
	plan.Needed = int(math.Ceil(spareRoom*float64(plan.Users))) + plan.Launches
	plan.choose(keep, by, c.ServerNow())
	var chosen []Subject
	for _, candidate := range plan.Candidates {
		if candidate.Empty {
			chosen = append(chosen, candidate.Subject)
		}
	}
	var err error
	plan.Drain, err = planDrainOf(ctx, c, land.roll.nodes, chosen, policy, by, reason)
	return plan, err
}

// choose picks the nodes to empty. by is the operator.
func (p *ReclaimPlan) choose(keep int, by string, now time.Time) {
	slices.SortFunc(p.Candidates, func(a, b Candidate) int {
		return cmp.Or(compareBool(b.Cordoned, a.Cordoned), cmp.Compare(a.Minutes, b.Minutes), strings.Compare(a.Name, b.Name))
	})
	stay, open := 0, map[string]int{}
	for _, one := range p.Candidates {
		if one.open {
			p.Room += one.Fits
			open[one.Pool]++
		}
		if !one.Cordoned {
			stay++
		}
	}
	for i := range p.Candidates {
		one := &p.Candidates[i]
		left := p.Room
		if one.open {
			left -= one.Fits
		}
		switch {
		case one.infrastructure != "":
			one.Reason = "it runs " + one.infrastructure
		case one.annotation != "":
			one.Reason = "the autoscaler was told to leave it (" + one.annotation + ")"
		case one.Cordoned && (!one.Holder.Ours() || one.Holder.By != by):
			one.Reason = "not yours: cordoned " + one.Holder.Words(now)
		case !one.Ready:
			one.Reason = "it is not ready, so nothing there ends"
		case one.open && open[one.Pool] == 1:
			one.Reason = "it is the last of " + poolName(one.Pool) + " that takes new pods"
		case keep >= 0 && !one.Cordoned && stay <= keep:
			one.Reason = "kept"
		case keep < 0 && left < p.Needed && one.open:
			one.Reason = "its room is needed"
		default:
			one.Empty = true
			if one.open {
				open[one.Pool]--
			}
			if !one.Cordoned {
				stay--
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

// land is the sink that keeps every node, as what may be taken out of service
// and as where users' pods may go.
type land struct {
	roll roll
	list nodeSink
}

// Reset forgets what was read.
func (l *land) Reset() {
	l.roll.Reset()
	l.list.Reset()
}

// Add takes in a node.
func (l *land) Add(node *corev1.Node) {
	l.roll.Add(node)
	l.list.Add(node)
}

// census is the sink that counts, on each node, users and what else is there.
type census struct {
	now      time.Time
	users    int
	launches int
	sizes    []Room      // of users' pods
	example  *corev1.Pod // the youngest of these, as far as it says where it may go
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
	s.users, s.launches, s.sizes, s.example, s.onNode = 0, 0, nil, nil, map[string]*lodgers{}
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
		if s.example == nil || s.example.CreationTimestamp.Before(&pod.CreationTimestamp) {
			s.example = placementOf(pod)
		}
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

// candidates are the nodes for users' pods: to which the next of them may go,
// but for what will pass. A node for the Hub's own pods is none, nor one that an
// autoscaler is taking away.
func (s *census) candidates(land *land) []Candidate {
	list := []Candidate{}
	size, _ := usualOf(s.sizes)
	may := placementFor(s.example)
	for i, subject := range land.roll.nodes {
		node := &land.list.nodes[i]
		if subject.Core || node.leaving || !may.allows(node.object) {
			continue
		}
		one := Candidate{Subject: subject, open: node.Schedulable() && may.admits(node.object), annotation: keepingOf(node)}
		var used Room
		if on := s.onNode[node.Name]; on != nil {
			one.Users, one.Minutes, used = on.users, int(on.minutes), on.others
			one.infrastructure = strings.Join(on.hub, ", ")
		}
		one.Fits = node.Allocatable.minus(used).holds(size)
		list = append(list, one)
	}
	return list
}

// keepingOf is the annotation by which an autoscaler was told to leave a node,
// "" if none was.
func keepingOf(node *Node) string {
	for _, key := range []string{keepAnnotation, karpenterKeep} {
		if slices.Contains(node.Autoscaling, key) {
			return key
		}
	}
	return ""
}
