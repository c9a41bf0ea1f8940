package pods

import (
	"cmp"
	"context"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// place is where a node is.
type place struct{ zone, pool string }

// places is where each node is, by name.
type places map[string]place

// Reset forgets what was read.
func (p places) Reset() { clear(p) }

// Add takes in a node.
func (p places) Add(node *corev1.Node) {
	p[node.Name] = place{zone: zoneOf(node.Labels), pool: poolOf(node.Labels)}
}

func readPlaces(ctx context.Context, c *cluster.Client) (places, error) {
	found := places{}
	if err := c.ReadNodes(ctx, found); err != nil {
		return nil, err // some of the nodes would be a wrong picture
	}
	return found, nil
}

// zoneOf is the zone of a node with these labels; "" if it has none.
func zoneOf(labels map[string]string) string {
	return cmp.Or(labels[corev1.LabelTopologyZone], labels[corev1.LabelFailureDomainBetaZone])
}

// poolOf is the node pool of a node with these labels, as its cloud or its
// autoscaler names it; "" if nobody does, as on k3s.
func poolOf(labels map[string]string) string {
	return cmp.Or(
		labels["cloud.google.com/gke-nodepool"],
		labels["eks.amazonaws.com/nodegroup"],
		labels["alpha.eksctl.io/nodegroup-name"],
		labels["kubernetes.azure.com/agentpool"],
		labels["karpenter.sh/nodepool"],
		labels["doks.digitalocean.com/node-pool"],
		labels["k8s.ovh.net/nodepool"],
		labels["magnum.openstack.org/nodegroup"],
	)
}
