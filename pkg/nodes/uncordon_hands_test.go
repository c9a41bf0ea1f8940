package nodes

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// A cordon without a mark is told by the program that set it and by when: what
// has changed hands since the plan is another's, and stays.
func TestUncordonOfWhatHasChangedHands(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		program string
		ago     time.Duration
		want    string
	}{
		"only the node changed": {"kubectl-cordon", 3 * time.Hour, "a: uncordoned"},
		"another program":       {ImageCleaner, 3 * time.Hour, "a: left as it was: now it is cordoned 3h ago with OpenAPI-Generator (a Python client: the image cleaner?)"},
		"again":                 {"kubectl-cordon", time.Minute, "a: left as it was: now it is cordoned 60s ago with kubectl-cordon"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			node := clustertest.Node("a", "")
			node.Spec.Unschedulable = true
			node.ManagedFields = []metav1.ManagedFieldsEntry{{
				Manager: "kubectl-cordon", Time: new(metav1.NewTime(clustertest.Now().Add(-3 * time.Hour))),
				FieldsV1: metav1.NewFieldsV1(`{"f:spec":{"f:unschedulable":{}}}`),
			}}
			server, client := start(t, []*corev1.Node{node, clustertest.Node("b", "")})
			plan, err := PlanUncordon(t.Context(), client, Wanted{Names: []string{"a"}}, "me")
			if err != nil {
				t.Fatal(err)
			}
			server.UpdateNode("a", func(node *corev1.Node) {
				node.Labels = map[string]string{"heartbeat": "now"}
				node.ManagedFields[0].Manager, node.ManagedFields[0].Time = tc.program, new(metav1.NewTime(clustertest.Now().Add(-tc.ago)))
			})
			if diff := cmp.Diff([]string{tc.want}, nodeReport(Uncordon(t.Context(), client, plan, ChangeOptions{}))); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
		})
	}
}
