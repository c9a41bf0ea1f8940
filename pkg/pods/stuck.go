package pods

import (
	"context"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// nodesAsked is how many nodes are looked at to explain stuck pods: the same
// few usually hold them all.
const nodesAsked = 5

// podsAsked is how many pods are looked at for what holds them, if the watch
// told nothing: one that was terminating before does not change.
const podsAsked = 20

// explainTime is how long the operator waits for explanations: they are worth
// less than the report.
const explainTime = 5 * time.Second

// explainStuck says why pods are still there, where they or their node tell,
// unless the operator has already stopped.
func explainStuck(ctx context.Context, c *cluster.Client, outcomes []Outcome) {
	ctx, cancel := context.WithTimeout(ctx, explainTime)
	defer cancel()
	looks := 0
	known := map[string]string{}
	for i := range outcomes {
		o := &outcomes[i]
		if o.Result != Stuck || o.Detail != "" {
			continue
		}
		if looks++; looks <= podsAsked {
			o.Detail = holder(ctx, c, o.Pod)
		}
		if o.Detail != "" || o.Node == "" {
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

// holder says which finalizers hold a pod, or "" if none do or it may not be
// read. A list of one takes no other permission than the plan did.
func holder(ctx context.Context, c *cluster.Client, pod Pod) string {
	found, err := c.Meta.Resource(corev1.SchemeGroupVersion.WithResource(string(corev1.ResourcePods))).Namespace(pod.Namespace).
		List(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector(metav1.ObjectNameField, pod.Name).String()})
	if err != nil {
		return ""
	}
	for i := range found.Items {
		if one := &found.Items[i]; one.UID == pod.UID && len(one.Finalizers) > 0 {
			return heldBy + strings.Join(one.Finalizers, ", ")
		}
	}
	return ""
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
