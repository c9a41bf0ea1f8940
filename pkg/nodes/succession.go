package nodes

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Succession says whether there is room for the pod that is made in the place of
// one that ends, as far as requests and the rules for placing pods tell. An
// autoscaler may add nodes; volumes that are bound to a place do not count.
type Succession struct {
	// Sure is whether a node has room for it whatever those that wait take.
	Sure bool
	// Rivals are the pods that wait and could take the room there is: 0 if there
	// is none for it anyway, as where its node is cordoned and the others are full.
	Rivals int
}

// ReadSuccession finds out, for the pod with this UID, what its successor would
// come to. It takes sight of all nodes and of the pods of all namespaces, as those
// that are not seen may be what has the room.
func ReadSuccession(ctx context.Context, c *cluster.Client, uid types.UID) (Succession, error) {
	var (
		wait    sync.WaitGroup
		nodes   nodeSink
		pods    = berths{leaves: uid}
		nodeErr error
		podErr  error
	)
	wait.Go(func() { nodeErr = c.ReadNodes(ctx, &nodes) })
	wait.Go(func() { _, podErr = c.ReadPods(ctx, cluster.PodQuery{Detail: true}, &pods) })
	wait.Wait()
	if err := cmp.Or(nodeErr, podErr); err != nil {
		return Succession{}, err
	}
	if pods.next == nil {
		return Succession{}, fmt.Errorf("find the pod with the UID %s: it is gone", uid)
	}
	return pods.succession(nodes.nodes), nil
}

// berths is the sink that notes what pods hold of their nodes, and who waits for
// a node.
type berths struct {
	leaves  types.UID // of the pod that ends
	next    *seeker   // its successor, which is as it was; nil until it was seen
	held    map[berth]Room
	waiting []seeker
}

// berth is what the pods of one priority have of a node.
type berth struct {
	node     string
	priority int32
}

// seeker is a pod that needs a node.
type seeker struct {
	request  Room
	may      placement
	priority int32
	preempts bool // it may end pods of a lower priority to get their room
}

// Reset forgets what was read.
func (b *berths) Reset() { b.next, b.held, b.waiting = nil, map[berth]Room{}, nil }

// Add takes in a pod.
func (b *berths) Add(pod *corev1.Pod) {
	switch node := pod.Spec.NodeName; {
	case pod.UID == b.leaves:
		b.next = new(seekerOf(pod))
	case finished(pod):
	case node != "":
		at := berth{node, priorityOf(pod)}
		b.held[at] = b.held[at].plus(requestOf(pod))
	case pod.DeletionTimestamp == nil && len(pod.Spec.SchedulingGates) == 0:
		b.waiting = append(b.waiting, seekerOf(pod))
	}
}

func seekerOf(pod *corev1.Pod) seeker {
	never := pod.Spec.PreemptionPolicy != nil && *pod.Spec.PreemptionPolicy == corev1.PreemptNever
	return seeker{requestOf(pod), placementFor(placementOf(pod)), priorityOf(pod), !never}
}

// priorityOf is the pod's priority: 0 is Kubernetes' default.
func priorityOf(pod *corev1.Pod) int32 {
	if pod.Spec.Priority == nil {
		return 0
	}
	return *pod.Spec.Priority
}

// goesBefore reports whether a pod of this priority has to give way.
func (s *seeker) goesBefore(priority int32) bool { return s.preempts && s.priority > priority }

// goesTo reports whether a node takes the pod now, if there is room.
func (s *seeker) goesTo(n *Node) bool {
	return n.Schedulable() && s.may.allows(n.object) && s.may.admits(n.object)
}

// openNode is a node that takes the successor, with the room there is for it
// before anybody else takes some.
type openNode struct {
	*Node
	room Room
}

// succession has those that wait take as much as they can, node by node: if they
// are too few for all of the nodes, one is left to the successor. Users' pods are
// all but alike, so who takes what first makes no difference; the largest try first.
func (b *berths) succession(nodes []Node) Succession {
	open := b.openTo(nodes)
	rivals := slices.DeleteFunc(b.waiting, func(s seeker) bool { return b.next.goesBefore(s.priority) })
	slices.SortStableFunc(rivals, func(x, y seeker) int {
		return cmp.Or(cmp.Compare(y.request.Memory, x.request.Memory), cmp.Compare(y.request.CPU, x.request.CPU))
	})
	rest := rivals
	for _, n := range open {
		if rest = b.crowdOut(n, rest); rest == nil {
			return Succession{Sure: true}
		}
	}
	return Succession{Rivals: countOf(rivals, open)}
}

// openTo lists the nodes that have room for the successor as things are, once the
// pod that ends has left its own.
func (b *berths) openTo(nodes []Node) []openNode {
	var open []openNode
	held := map[string]Room{}
	for at, room := range b.held {
		if !b.next.goesBefore(at.priority) {
			held[at.node] = held[at.node].plus(room)
		}
	}
	for i := range nodes {
		n := openNode{&nodes[i], nodes[i].Allocatable.minus(held[nodes[i].Name])}
		if b.next.goesTo(n.Node) && n.room.holds(b.next.request) > 0 {
			open = append(open, n)
		}
	}
	return open
}

// crowdOut has pods take a node's room until the successor finds none, and returns
// those that are still without a node; nil if all of them leave it room.
func (b *berths) crowdOut(n openNode, rivals []seeker) []seeker {
	rest := []seeker{}
	for i := range rivals {
		s := &rivals[i]
		if n.room.holds(b.next.request) == 0 || n.room.holds(s.request) == 0 || !s.goesTo(n.Node) {
			rest = append(rest, *s)
			continue
		}
		n.room = n.room.minus(s.request)
	}
	if n.room.holds(b.next.request) > 0 {
		return nil
	}
	return rest
}

// countOf counts the pods that one of the nodes would take.
func countOf(rivals []seeker, open []openNode) int {
	count := 0
	for i := range rivals {
		s := &rivals[i]
		if slices.ContainsFunc(open, func(n openNode) bool { return n.room.holds(s.request) > 0 && s.goesTo(n.Node) }) {
			count++
		}
	}
	return count
}
