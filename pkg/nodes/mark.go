package nodes

import (
	"encoding/json"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// MarkKey is the annotation that holds a node's Mark.
const MarkKey = "binderctl.github.io/cordon"

// Mark is what binderctl notes on a node that it cordons, so that whoever finds
// the node later knows whom to ask. kubectl and the image cleaner leave none.
type Mark struct {
	By     string    `json:"by"`     // as the API server knows the operator
	At     time.Time `json:"at"`     // UTC
	Reason string    `json:"reason"` // in the operator's words; "" if they gave none
	For    Purpose   `json:"for"`
}

// Purpose is which command cordoned a node.
type Purpose string

// The commands that cordon nodes.
const (
	ForCordon  Purpose = "cordon"
	ForDrain   Purpose = "drain"
	ForReclaim Purpose = "reclaim"
)

// MarkOf reads the mark on a node; nil if there is none, or none that can be
// read, or if the node has been uncordoned by other means since, also where
// somebody has cordoned it again: other programs leave our mark as it is.
func MarkOf(node *corev1.Node) *Mark {
	text := node.Annotations[MarkKey]
	if text == "" || !node.Spec.Unschedulable {
		return nil
	}
	var mark Mark
	if err := json.Unmarshal([]byte(text), &mark); err != nil {
		return nil
	}
	if !mark.stands(node) {
		return nil
	}
	return &mark
}

// markLag is by how much the node controller may note a cordon after the time of
// its mark, which is that of the plan: the operator reads it first.
const markLag = 5 * time.Minute

// stands reports whether a cordoned node still is so by the cordon of its mark.
// The API server knows which programs set the field, and forgets those when it is
// unset. Where that is not to be had, the node controller's taint tells since
// when. Where nothing tells, the mark is believed.
func (m Mark) stands(node *corev1.Node) bool {
	if known, ours := cordonOwned(node); known {
		return ours
	}
	for _, taint := range node.Spec.Taints {
		if taint.Key == corev1.TaintNodeUnschedulable && taint.TimeAdded != nil {
			return !taint.TimeAdded.After(m.At.Add(markLag))
		}
	}
	return true
}
