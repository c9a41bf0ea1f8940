package nodes

import (
	corev1 "k8s.io/api/core/v1"
)

// Taints and annotations by which autoscalers say what they are about to do
// with a node, or are told to leave it alone.
const (
	toBeDeletedTaint  = "ToBeDeletedByClusterAutoscaler"
	candidateTaint    = "DeletionCandidateOfClusterAutoscaler"
	karpenterTaint    = "karpenter.sh/disrupted"
	oldKarpenterTaint = "karpenter.sh/disruption" // before its version 1
	keepAnnotation    = "cluster-autoscaler.kubernetes.io/scale-down-disabled"
	karpenterKeep     = "karpenter.sh/do-not-disrupt"
	annotationEnabled = "true"
)

// autoscalingOf lists what autoscalers have noted on a node.
func autoscalingOf(node *corev1.Node) []string {
	notes := []string{}
	for _, taint := range node.Spec.Taints {
		switch taint.Key {
		case toBeDeletedTaint, candidateTaint, karpenterTaint, oldKarpenterTaint:
			notes = append(notes, taint.Key)
		}
	}
	for _, key := range []string{keepAnnotation, karpenterKeep} {
		if node.Annotations[key] == annotationEnabled {
			notes = append(notes, key)
		}
	}
	return notes
}

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
