package nodes

import (
	corev1 "k8s.io/api/core/v1"
)

// Role is what the operators of a Hub keep a node for, by zero-to-jupyterhub's
// conventions.
type Role string

// The roles a node can have; "" is none in particular.
const (
	CoreRole Role = "core" // the Hub, the proxy and their like
	UserRole Role = "user" // users' servers
)

// purposeKey is the label by which zero-to-jupyterhub prefers nodes, and the
// others are the taints with which it keeps the rest off: clouds that do not
// allow a slash in a taint get the second.
const (
	purposeKey        = "hub.jupyter.org/node-purpose"
	dedicatedKey      = "hub.jupyter.org/dedicated"
	dedicatedKeyCloud = "hub.jupyter.org_dedicated"
)

// poolKeys are the labels by which clouds and autoscalers name the pool that a
// node belongs to.
func poolKeys() []string {
	return []string{
		"cloud.google.com/gke-nodepool",
		"eks.amazonaws.com/nodegroup",
		"alpha.eksctl.io/nodegroup-name",
		"kubernetes.azure.com/agentpool",
		"agentpool",
		"karpenter.sh/nodepool",
		"doks.digitalocean.com/node-pool",
		"k8s.ovh.net/nodepool",
		"nodepool", // OVHcloud's older clusters
	}
}

// poolOf names the pool of a node, "" where nothing tells.
func poolOf(node *corev1.Node) string {
	for _, key := range poolKeys() {
		if pool := node.Labels[key]; pool != "" {
			return pool
		}
	}
	return ""
}

func zoneOf(node *corev1.Node) string {
	if zone := node.Labels[corev1.LabelTopologyZone]; zone != "" {
		return zone
	}
	return node.Labels[corev1.LabelFailureDomainBetaZone]
}

func roleOf(node *corev1.Node) Role {
	for _, taint := range node.Spec.Taints {
		if taint.Key == dedicatedKey || taint.Key == dedicatedKeyCloud {
			return asRole(taint.Value)
		}
	}
	return asRole(node.Labels[purposeKey])
}

func asRole(text string) Role {
	switch role := Role(text); role {
	case CoreRole, UserRole:
		return role
	default:
		return ""
	}
}
