package nodes

import (
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Subject is a node, reduced to what taking it out of service depends on.
type Subject struct {
	Name     string     `json:"name"`
	UID      types.UID  `json:"uid"`
	Pool     string     `json:"pool"` // "" if no label tells
	Core     bool       `json:"core"` // it is for the Hub's own pods
	Ready    bool       `json:"ready"`
	Cordoned bool       `json:"cordoned"`
	Holder   *Cordoning `json:"holder"` // who keeps new pods away; nil if nobody does
	Created  time.Time  `json:"createdAt"`

	silent  bool // nothing is heard of its kubelet
	leaving bool
	version string // of the object that was read
}

func subjectOf(node *corev1.Node) Subject {
	return Subject{
		Name: node.Name, UID: node.UID, Pool: cluster.PoolOf(node.Labels),
		Core:  roleOf(node) == CoreRole,
		Ready: ready(node), Cordoned: node.Spec.Unschedulable, Holder: cordoningOf(node),
		Created: node.CreationTimestamp.UTC(),
		silent:  silent(node), leaving: leaving(node), version: node.ResourceVersion,
	}
}

// takes reports whether new pods may come to the node.
func (s Subject) takes() bool { return s.Ready && !s.Cordoned && !s.leaving }

// roll is the sink that keeps every node of a cluster.
type roll struct{ nodes []Subject }

// Reset forgets what was read.
func (r *roll) Reset() { r.nodes = nil }

// Add takes in a node.
func (r *roll) Add(node *corev1.Node) { r.nodes = append(r.nodes, subjectOf(node)) }

// callRoll reads every node, by name.
func callRoll(ctx context.Context, c *cluster.Client) ([]Subject, error) {
	roll := &roll{}
	if err := c.ReadNodes(ctx, roll); err != nil {
		return nil, err
	}
	slices.SortFunc(roll.nodes, func(a, b Subject) int { return strings.Compare(a.Name, b.Name) })
	return roll.nodes, nil
}

// choose picks the nodes that are named, each once, in the order of all. The
// error is an *UnknownNodeError if there is none of a name.
func choose(all []Subject, names []string) ([]Subject, error) {
	known := make([]string, len(all))
	for i, one := range all {
		known[i] = one.Name
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, &UnknownNodeError{Name: name, Nearest: nearest(name, known)}
		}
	}
	chosen := []Subject{}
	for _, one := range all {
		if slices.Contains(names, one.Name) {
			chosen = append(chosen, one)
		}
	}
	return chosen, nil
}
