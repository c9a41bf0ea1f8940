package cluster

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
)

// PoolOf is the pool of a node with these labels, as its cloud or its autoscaler
// names it: nodes that are alike, and that are added and taken away as one. "" if
// nobody does, as on k3s.
func PoolOf(labels map[string]string) string {
	return cmp.Or(
		labels["cloud.google.com/gke-nodepool"],
		labels["eks.amazonaws.com/nodegroup"],
		labels["alpha.eksctl.io/nodegroup-name"],
		labels["kubernetes.azure.com/agentpool"],
		labels["agentpool"], // Azure's older clusters
		labels["karpenter.sh/nodepool"],
		labels["doks.digitalocean.com/node-pool"],
		labels["k8s.ovh.net/nodepool"],
		labels["nodepool"], // OVHcloud's older clusters
		labels["magnum.openstack.org/nodegroup"],
	)
}

// ZoneOf is the zone of a node with these labels; "" if it has none.
func ZoneOf(labels map[string]string) string {
	return cmp.Or(labels[corev1.LabelTopologyZone], labels[corev1.LabelFailureDomainBetaZone])
}
