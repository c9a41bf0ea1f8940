package nodes

import (
	corev1 "k8s.io/api/core/v1"
)

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
