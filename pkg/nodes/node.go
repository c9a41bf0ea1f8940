package nodes

import (
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Node is one node, reduced to what binderctl shows and decides on.
type Node struct {
	Name        string      `json:"name"`
	Pool        string      `json:"pool"` // "" where nothing tells
	Zone        string      `json:"zone"`
	Role        Role        `json:"role"`
	Ready       bool        `json:"ready"`
	ReadySince  time.Time   `json:"readySince"` // since when it is, or is not
	Conditions  []Condition `json:"conditions"` // those that are not as they should be
	Created     time.Time   `json:"createdAt"`
	Cordoned    *Cordoning  `json:"cordoned"`   // null if new pods may come
	Autoscaling []string    `json:"autoscaler"` // taints and annotations of an autoscaler
	Allocatable Room        `json:"allocatable"`
	Requested   Room        `json:"requested"` // by the pods there; their number counts finished ones no more
	Users       int         `json:"users"`
	Builds      int         `json:"builds"`
	Renewed     *time.Time  `json:"leaseRenewedAt"` // by its kubelet; null if there is no lease
	ForUsers    bool        `json:"forUsers"`       // users' pods may go there, were it not cordoned or sick
	Free        int         `json:"free"`           // user pods of the usual size that would still fit

	leaving  bool         // an autoscaler is taking it away
	object   *corev1.Node // its name, labels and taints
	fixed    Room         // requested by pods that are there without users
	yielding Room         // requested by pods that give way to users
}

// Age is how long ago the node was created; never negative.
func (n *Node) Age(now time.Time) time.Duration { return max(0, now.Sub(n.Created)) }

// Schedulable reports whether the node is well and nobody, be it an operator or
// an autoscaler, has closed it to new pods. Of a Subject, takes says the same.
func (n *Node) Schedulable() bool { return n.Ready && n.Cordoned == nil && !n.leaving }

// nodeSink keeps the nodes of a list, reduced.
type nodeSink struct{ nodes []Node }

// Reset forgets what was read.
func (s *nodeSink) Reset() { s.nodes = nil }

// Add takes in a node.
func (s *nodeSink) Add(node *corev1.Node) { s.nodes = append(s.nodes, reduceNode(node)) }

func reduceNode(node *corev1.Node) Node {
	ready, since := readySince(node)
	reduced := Node{
		Name: node.Name, Pool: cluster.PoolOf(node.Labels), Zone: cluster.ZoneOf(node.Labels), Role: roleOf(node),
		Ready: ready, ReadySince: since, Conditions: troublesOf(node),
		Created: node.CreationTimestamp.UTC(), Autoscaling: autoscalingOf(node),
		Allocatable: roomOf(node.Status.Allocatable), leaving: leaving(node),
		object: &corev1.Node{
			ObjectMeta: metav1.ObjectMeta{Name: node.Name, Labels: maps.Clone(node.Labels)},
			Spec:       corev1.NodeSpec{Taints: slices.Clone(node.Spec.Taints)},
		},
	}
	if node.Spec.Unschedulable {
		reduced.Cordoned = cordoningOf(node)
	}
	return reduced
}
