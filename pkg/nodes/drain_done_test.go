package nodes

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// A node that was cordoned before is not "left as it was" once its pods have gone.
func TestDrainOfACordonedNodeSaysThatItIsDrained(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		pods []*corev1.Pod
		want string
	}{
		"its pods went":     {[]*corev1.Pod{podOn("a", "Deployment", "hub", "hub")}, "a: drained: already cordoned nothing tells when or by whom"},
		"one stayed":        {[]*corev1.Pod{podOn("a", "Deployment", "hub", "hub"), podOn("a", "Deployment", "x", "guarded")}, "a: drained in part: already cordoned nothing tells when or by whom"},
		"nothing was there": {nil, "a: left as it was: already cordoned nothing tells when or by whom"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			node := clustertest.Node("a", "")
			node.Spec.Unschedulable = true
			server, client := start(t, []*corev1.Node{node, clustertest.Node("b", "")}, tc.pods...)
			server.AddBudget("never", "x", 0)
			plan, err := PlanDrain(t.Context(), client, Wanted{Names: []string{"a"}}, policy(UsersWait), "me", "")
			if err != nil {
				t.Fatal(err)
			}
			client.Now = time.Now // for the pace
			opts := quick()
			if len(tc.pods) == 2 {
				opts.until(func(p DrainProgress) bool { return p.Gone == 1 && p.Blocked == 1 })
			}
			report := run(t, client, plan, opts)
			if diff := cmp.Diff([]string{tc.want}, nodeReport(report.Nodes)); diff != "" {
				t.Errorf("nodes (-want +got):\n%s", diff)
			}
		})
	}
}
