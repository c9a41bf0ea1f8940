package nodes

import (
	"encoding/json"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// setBy has programs own a node's cordon, the last the latest.
func setBy(programs ...string) func(*corev1.Node) {
	return func(node *corev1.Node) {
		for i, program := range programs {
			node.ManagedFields = append(node.ManagedFields, metav1.ManagedFieldsEntry{
				Manager: program, Time: new(metav1.NewTime(clustertest.Now().Add(time.Duration(i) * time.Minute))),
				FieldsV1: metav1.NewFieldsV1(`{"f:spec":{"f:unschedulable":{}}}`),
			})
		}
	}
}

// taintedAfter has the node controller have seen the cordon so long after the
// mark.
func taintedAfter(age time.Duration) func(*corev1.Node) {
	return func(node *corev1.Node) {
		node.Spec.Taints = []corev1.Taint{{
			Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule, TimeAdded: new(metav1.NewTime(mark().At.Add(age))),
		}}
	}
}

// A mark outlives kubectl uncordon. Whose cordon it is that follows is for the
// API server to say, or for the time at which it was seen.
func TestMarkOfAnEarlierCordon(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(mark())
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		change func(*corev1.Node)
		ours   bool
	}{
		"nothing tells":               {func(*corev1.Node) {}, true},
		"uncordoned":                  {func(node *corev1.Node) { node.Spec.Unschedulable = false }, false},
		"set by us":                   {setBy("binderctl"), true},
		"set again by kubectl":        {setBy("kubectl-cordon"), false},
		"applied by another as well":  {setBy("binderctl", "gitops"), true},
		"seen at once":                {taintedAfter(3 * time.Second), true},
		"seen when it was agreed to":  {taintedAfter(2 * time.Minute), true},
		"seen long after":             {taintedAfter(time.Hour), false},
		"seen late, and set by us":    {both(setBy("binderctl"), taintedAfter(time.Hour)), true},
		"seen at once, set by others": {both(setBy("kubectl-cordon"), taintedAfter(0)), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			node := clustertest.Node("a", "")
			node.Spec.Unschedulable = true
			node.Annotations = map[string]string{MarkKey: string(text)}
			tc.change(node)
			if ours := MarkOf(node) != nil; ours != tc.ours {
				t.Errorf("ours: %v", ours)
			}
		})
	}
}

func both(a, b func(*corev1.Node)) func(*corev1.Node) {
	return func(node *corev1.Node) {
		a(node)
		b(node)
	}
}

// What somebody else has cordoned since is not opened with what was ours.
func TestUncordonMineLeavesALaterCordon(t *testing.T) {
	t.Parallel()
	node := clustertest.Node("a", "")
	node.Spec.Unschedulable = true
	node.Annotations = map[string]string{MarkKey: `{"by":"me","at":"2026-02-01T09:00:00Z","reason":"disk","for":"cordon"}`}
	setBy("kubectl-cordon")(node)
	_, client := start(t, []*corev1.Node{node, clustertest.Node("b", "")})
	plan, err := PlanUncordon(t.Context(), client, Wanted{By: "me"}, "me")
	if err != nil || len(plan.Nodes) > 0 {
		t.Errorf("would uncordon %v, %v", plan.Nodes, err)
	}
}
