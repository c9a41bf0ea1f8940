package nodes

import (
	"bytes"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Cordoning says what is known of how a node came to be cordoned.
type Cordoning struct {
	By     string     `json:"by"`     // who: of a mark, or the cluster autoscaler; "" if nothing tells
	With   string     `json:"with"`   // the program, as the API server knows it; "" if nothing tells
	Since  *time.Time `json:"since"`  // UTC; nil if nothing tells
	Reason string     `json:"reason"` // "" if none was given
	For    Purpose    `json:"for"`    // "" unless binderctl did it
}

// Autoscaler is who cordons the nodes that it is about to remove.
const Autoscaler = "the cluster autoscaler"

// ImageCleaner is the program's name under which BinderHub's image cleaner
// cordons nodes, like every client made with Kubernetes' Python library.
const ImageCleaner = "OpenAPI-Generator"

// cordonedOf says how a node came to be cordoned, nil if it is not. kubectl and
// the image cleaner leave no name; but the API server keeps which program set
// the field, and when, and the node controller when it added the taint.
func cordonedOf(node *corev1.Node) *Cordoning {
	if !node.Spec.Unschedulable {
		return nil
	}
	c := &Cordoning{}
	if mark := MarkOf(node); mark != nil {
		at := mark.At.UTC()
		*c = Cordoning{By: mark.By, With: "binderctl", Since: &at, Reason: mark.Reason, For: mark.For}
		return c
	}
	c.With, c.Since = unschedulableSetBy(node)
	for _, taint := range node.Spec.Taints {
		if taint.Key == corev1.TaintNodeUnschedulable && taint.TimeAdded != nil && c.Since == nil {
			added := taint.TimeAdded.UTC()
			c.Since = &added
		}
		if taint.Key == toBeDeletedTaint {
			c.By = Autoscaler
		}
	}
	return c
}

// unschedulableSetBy reads from a node's managed fields which program cordoned
// it, and when.
func unschedulableSetBy(node *corev1.Node) (program string, since *time.Time) {
	for _, entry := range node.ManagedFields {
		if entry.FieldsV1 == nil || entry.Time == nil || !bytes.Contains(entry.FieldsV1.GetRawBytes(), []byte(`"f:unschedulable"`)) {
			continue
		}
		if at := entry.Time.UTC(); since == nil || at.After(*since) {
			program, since = entry.Manager, &at
		}
	}
	return program, since
}

// Taints and annotations by which autoscalers say what they are about to do
// with a node, or are told to leave it alone.
const (
	toBeDeletedTaint  = "ToBeDeletedByClusterAutoscaler"
	candidateTaint    = "DeletionCandidateOfClusterAutoscaler"
	karpenterTaint    = "karpenter.sh/disrupted"
	keepAnnotation    = "cluster-autoscaler.kubernetes.io/scale-down-disabled"
	karpenterKeep     = "karpenter.sh/do-not-disrupt"
	annotationEnabled = "true"
)

// autoscalingOf lists what autoscalers have noted on a node.
func autoscalingOf(node *corev1.Node) []string {
	notes := []string{}
	for _, taint := range node.Spec.Taints {
		switch taint.Key {
		case toBeDeletedTaint, candidateTaint, karpenterTaint:
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
