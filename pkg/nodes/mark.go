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
// read, or if the node has been uncordoned by other means since.
func MarkOf(node *corev1.Node) *Mark {
	text := node.Annotations[MarkKey]
	if text == "" || !node.Spec.Unschedulable {
		return nil
	}
	var mark Mark
	if err := json.Unmarshal([]byte(text), &mark); err != nil {
		return nil
	}
	return &mark
}
