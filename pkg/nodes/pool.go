package nodes

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// poolLabels are the labels by which the clouds say which nodes are alike, and
// which of them an autoscaler may add to or take from.
func poolLabels() []string {
	return []string{
		"cloud.google.com/gke-nodepool",
		"eks.amazonaws.com/nodegroup",
		"kubernetes.azure.com/agentpool",
		"karpenter.sh/nodepool",
	}
}

// PoolOf is the pool that a node belongs to, or "" if none is told. The nodes
// without one are taken for one pool.
func PoolOf(node *corev1.Node) string {
	for _, label := range poolLabels() {
		if pool := node.Labels[label]; pool != "" {
			return pool
		}
	}
	return ""
}

// purposeLabel is by which the charts keep users' pods and the Hub's own apart
// (zero-to-jupyterhub; a preference unless it is configured to be a must).
const purposeLabel = "hub.jupyter.org/node-purpose"

// corePurpose is the purpose of nodes that are for the Hub's own pods.
const corePurpose = "core"

// removalTaints are put on nodes by those who are about to take them away.
func removalTaints() []string {
	return []string{"ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted", "karpenter.sh/disruption"}
}

// leaving reports whether an autoscaler is taking a node away.
func leaving(node *corev1.Node) bool {
	for _, taint := range node.Spec.Taints {
		if slices.Contains(removalTaints(), taint.Key) {
			return true
		}
	}
	return node.DeletionTimestamp != nil
}

// ready reports whether a node's kubelet says, and was lately heard to say, that
// it can run pods.
func ready(node *corev1.Node) bool {
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// poolName is a pool as an operator reads of it.
func poolName(pool string) string {
	if pool == "" {
		return "the nodes without a pool"
	}
	return "pool " + pool
}

// listed joins names for a sentence.
func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
