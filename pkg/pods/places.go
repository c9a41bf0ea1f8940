package pods

import (
	"context"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// place is where a node is.
type place struct {
	zone, pool string
	cordoned   bool
}

// places is where each node is, by name.
type places map[string]place

// Reset forgets what was read.
func (p places) Reset() { clear(p) }

// Add takes in a node.
func (p places) Add(node *corev1.Node) {
	p[node.Name] = place{cluster.ZoneOf(node.Labels), cluster.PoolOf(node.Labels), node.Spec.Unschedulable}
}

func readPlaces(ctx context.Context, c *cluster.Client) (places, error) {
	found := places{}
	if err := c.ReadNodes(ctx, found); err != nil {
		return nil, err // some of the nodes would be a wrong picture
	}
	return found, nil
}
