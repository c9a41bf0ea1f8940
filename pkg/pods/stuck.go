package pods

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// nodesAsked is how many nodes are looked at to explain stuck pods: the same
// few usually hold them all.
const nodesAsked = 5

// explainStuck says why pods are still there, where their node tells.
func explainStuck(ctx context.Context, c *cluster.Client, outcomes []Outcome) {
	known := map[string]string{}
	for i := range outcomes {
		o := &outcomes[i]
		if o.Result != Stuck || o.Detail != "" || o.Node == "" {
			continue
		}
		state, asked := known[o.Node]
		if !asked && len(known) < nodesAsked {
			state = nodeTrouble(ctx, c, o.Node)
			known[o.Node] = state
		}
		o.Detail = state
	}
}

// nodeTrouble says what is wrong with a node, or "" if nothing seems to be or
// it may not be read.
func nodeTrouble(ctx context.Context, c *cluster.Client, name string) string {
	node, err := c.Kube.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return ""
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady && condition.Status != corev1.ConditionTrue {
			return "its node is not ready, so nothing there ends; --force removes the record"
		}
	}
	return ""
}
