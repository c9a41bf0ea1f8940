package nodes

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// leaving reports whether an autoscaler is taking a node away.
func leaving(node *corev1.Node) bool {
	for _, taint := range node.Spec.Taints {
		switch taint.Key {
		case toBeDeletedTaint, karpenterTaint, oldKarpenterTaint:
			return true
		}
	}
	return node.DeletionTimestamp != nil
}

// ready reports whether a node's kubelet says, and was lately heard to say, that
// it can run pods.
func ready(node *corev1.Node) bool { return says(node, corev1.ConditionTrue) }

// silent reports whether nothing is heard of a node's kubelet: then nothing ends
// there, as far as anybody can know. One that says that it is not ready is not
// silent: it still starts and ends pods.
func silent(node *corev1.Node) bool { return says(node, corev1.ConditionUnknown) }

func says(node *corev1.Node, ready corev1.ConditionStatus) bool {
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == ready
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
