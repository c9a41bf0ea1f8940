package nodes

import (
	"encoding/json"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Holder is who keeps a node from taking new pods, as far as the node tells.
type Holder struct {
	Mark    *Mark     `json:"mark"`    // ours; nil if another program did it
	Program string    `json:"program"` // as the API server noted it; "" if it is not known
	Since   time.Time `json:"since,omitzero"`
	Removal bool      `json:"removal"` // an autoscaler is taking the node away
}

// HolderOf says who cordoned a node; nil if it is not cordoned and nobody is
// taking it away.
func HolderOf(node *corev1.Node) *Holder {
	if !node.Spec.Unschedulable && !leaving(node) {
		return nil
	}
	holder := &Holder{Mark: MarkOf(node), Removal: leaving(node)}
	if holder.Mark != nil {
		holder.Since = holder.Mark.At
		return holder
	}
	for _, entry := range node.ManagedFields {
		if entry.FieldsV1 == nil || !setsUnschedulable(entry.FieldsV1.GetRawBytes()) {
			continue
		}
		holder.Program = entry.Manager
		if entry.Time != nil {
			holder.Since = entry.Time.UTC()
		}
	}
	return holder
}

// setsUnschedulable reports whether the fields of a managed-fields entry are
// those of whoever cordons.
func setsUnschedulable(fields []byte) bool {
	var owned struct {
		Spec map[string]json.RawMessage `json:"f:spec"`
	}
	if json.Unmarshal(fields, &owned) != nil {
		return false
	}
	_, ok := owned.Spec["f:unschedulable"]
	return ok
}
