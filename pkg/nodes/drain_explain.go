package nodes

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// explain says why pods are still there, and what has become of the nodes.
func (d *drainer) explain(ctx context.Context, nodes []NodeOutcome) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), explainTime)
	defer cancel()
	for i := range nodes {
		node := &nodes[i]
		drained := d.nodes[node.Name]
		if drained == nil {
			continue
		}
		if drained.lost != "" {
			node.Result, node.Detail = drained.lost, drained.why
		}
		now, err := d.current(ctx, node.Name)
		if err != nil {
			continue
		}
		switch result, detail := d.lostTo(node.Subject, now); {
		case result == Gone, result == Replaced:
			node.Result, node.Detail = result, detail
			d.onNode(node.Name, Stuck, func(o *PodOutcome) { o.Result, o.Detail = Gone, "its node is gone" })
		case drained.lost == "" && result == Reopened:
			node.Detail = "somebody has uncordoned it meanwhile"
		default:
			d.onNode(node.Name, Stuck, func(o *PodOutcome) { o.Detail = stuckOn(now, o.Detail) })
		}
	}
}

// credit says of nodes that were cordoned before the drain what it has done there.
func (d *drainer) credit(nodes []NodeOutcome) {
	went, left := map[string]bool{}, map[string]bool{}
	for _, o := range d.pods {
		went[o.Node] = went[o.Node] || o.Result == Evicted || o.Result == Removed || o.Result == Ended
		left[o.Node] = left[o.Node] || !o.Result.Fine()
	}
	for i := range nodes {
		switch node := &nodes[i]; {
		case node.Result != Unchanged || !went[node.Name]:
		case left[node.Name]:
			node.Result = InPart
		default:
			node.Result = Drained
		}
	}
}

// explainTime is how long the operator waits for explanations: they are worth
// less than the report.
const explainTime = 5 * time.Second

// DeadNode is the detail of a pod that does not end on a node whose kubelet is silent.
const DeadNode = "its node is not ready, so nothing there ends; --force removes the record"

// stuckOn is why a pod does not end on a node, as far as the node tells. detail
// is what was known of the pod before.
func stuckOn(node *corev1.Node, detail string) string {
	switch {
	case detail != "" && detail != DeadNode:
		return detail
	case silent(node):
		return DeadNode
	case !ready(node):
		return "its node says that it is not ready, and still ends what is there, if slowly"
	case detail == DeadNode:
		return "its node is heard of again, and ends it by itself"
	default:
		return ""
	}
}

// onNode changes the outcomes of a result on a node.
func (d *drainer) onNode(node string, result Result, change func(*PodOutcome)) {
	for i := range d.pods {
		if o := &d.pods[i]; o.Node == node && o.Result == result {
			change(o)
		}
	}
}
