package nodes

import (
	"slices"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Headroom is how many more user pods of the usual size the cluster holds.
type Headroom struct {
	Usual       Room `json:"usual"`       // what a user pod requests: the median
	UsualOf     int  `json:"usualOf"`     // of so many user pods; 0 is mybinder.org's values
	Now         int  `json:"now"`         // on nodes that take new pods
	OnCordoned  int  `json:"onCordoned"`  // on cordoned nodes that are ready
	PerNode     int  `json:"perNode"`     // on an empty node: the median of those for users; 0 if there is none
	Nodes       int  `json:"nodes"`       // for users, all told: an autoscaler counts the cordoned and the sick
	Cordoned    int  `json:"cordoned"`    // of these
	NotReady    int  `json:"notReady"`    // of these, whether or not cordoned
	Closed      int  `json:"closed"`      // of these, but for a taint they would take pods
	MaxNodes    int  `json:"maxNodes"`    // the autoscaler's limit; 0 if it was not told
	OnNodesYet  int  `json:"onNodesYet"`  // on nodes that the autoscaler may still add
	Waiting     int  `json:"waiting"`     // user pods for which the scheduler finds no node
	Users       int  `json:"users"`       // user pods that are on nodes
	Builds      int  `json:"builds"`      // builds that are
	RunningPods int  `json:"runningPods"` // all pods that are
}

// usualRequest is what mybinder.org's user pods request (singleuser.cpu.guarantee
// and singleuser.memory.guarantee of its values), for a cluster without users.
func usualRequest() Room { return Room{CPU: 10, Memory: 450 << 20, Pods: 1} }

// headroom counts the room for users, on each node and in all.
func (s *snapshot) headroom(maxNodes int) Headroom {
	h := Headroom{MaxNodes: maxNodes}
	h.Usual, h.UsualOf = s.usual()
	may := placementFor(s.example)
	var empty []int
	for i := range s.nodes {
		n := &s.nodes[i]
		h.Users, h.Builds, h.RunningPods = h.Users+n.Users, h.Builds+n.Builds, h.RunningPods+int(n.Requested.Pods)
		if n.ForUsers = may.allows(n.object); !n.ForUsers {
			continue
		}
		h.Nodes++
		empty = append(empty, n.Allocatable.minus(n.fixed).holds(h.Usual))
		n.Free = n.Allocatable.minus(n.Requested).plus(n.yielding).holds(h.Usual)
		h.count(n, may.admits(n.object))
	}
	for i := range s.guests {
		if g := &s.guests[i]; g.kind == cluster.User && g.unplaced && g.node == "" && !g.finished() && g.due.IsZero() {
			h.Waiting++
		}
	}
	if len(empty) > 0 {
		h.PerNode = median(empty)
	}
	h.OnNodesYet = max(0, maxNodes-h.Nodes) * h.PerNode
	return h
}

// count takes in a node for users; admits is whether its taints let them come.
func (h *Headroom) count(n *Node, admits bool) {
	if !n.Ready {
		h.NotReady++
	}
	if n.Cordoned != nil {
		h.Cordoned++
	}
	switch {
	case n.Schedulable() && admits:
		h.Now += n.Free
	case n.Ready && n.Cordoned == nil:
		h.Closed++
	case n.Ready && admits && !n.leaving:
		h.OnCordoned += n.Free
	}
}

// usual is what a user pod requests, and of how many that is the median.
func (s *snapshot) usual() (Room, int) {
	var requests []Room
	for i := range s.guests {
		if g := &s.guests[i]; g.kind == cluster.User {
			requests = append(requests, g.request)
		}
	}
	return usualOf(requests)
}

// usualOf is the median of what user pods request, each part by itself, and of
// how many that is; mybinder.org's values if there are none.
func usualOf(requests []Room) (Room, int) {
	if len(requests) == 0 {
		return usualRequest(), 0
	}
	cpu, memory := make([]int64, len(requests)), make([]int64, len(requests))
	for i, request := range requests {
		cpu[i], memory[i] = request.CPU, request.Memory
	}
	return Room{CPU: median(cpu), Memory: median(memory), Pods: 1}, len(requests)
}

// median is the middle of some values, the lower one of two. It sorts them.
func median[T int | int64](values []T) T {
	slices.Sort(values)
	return values[(len(values)-1)/2]
}
