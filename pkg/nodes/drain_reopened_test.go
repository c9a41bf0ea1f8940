package nodes

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

func reopen(node *corev1.Node) {
	node.Spec.Unschedulable = false
	delete(node.Annotations, MarkKey)
}

// A node that was cordoned in the plan and is so no more is in use again, by
// users who came since, or is another of its name: nothing there is touched.
func TestDrainLeavesANodeThatIsNotAsItWas(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		then func(server *clustertest.Server)
		node string
		pods []string
	}{
		"opened": {
			func(server *clustertest.Server) { server.UpdateNode("a", reopen) },
			"a: not drained: the cordon was taken back",
			[]string{"old: not tried: the cordon was taken back"},
		},
		"replaced by a namesake": {
			func(server *clustertest.Server) {
				server.RemoveNode("a")
				namesake := clustertest.Node("a", "")
				namesake.UID = "namesake"
				server.AddNode(namesake)
			},
			"a: replaced: another node has its name now",
			[]string{"old: already gone: its node is gone"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			closed := clustertest.Node("a", "")
			closed.Spec.Unschedulable = true
			server, client := start(t, []*corev1.Node{closed, clustertest.Node("b", "")}, userOn("a", "old", time.Hour))
			plan, err := PlanDrain(t.Context(), client, Wanted{Names: []string{"a"}}, policy(UsersEvict), "me", "")
			if err != nil {
				t.Fatal(err)
			}
			client.Now = time.Now // for the pace
			tc.then(server)
			server.Create(userOn("a", "new", time.Minute))
			server.Create(podOn("a", "Deployment", "hub", "hub"))
			report := run(t, client, plan, quick())
			if diff := cmp.Diff([]string{tc.node}, nodeReport(report.Nodes)); diff != "" {
				t.Errorf("nodes (-want +got):\n%s", diff)
			}
			expectPods(t, report, tc.pods...)
			for _, pod := range []string{"old", "new", "hub"} {
				if server.Pod(clustertest.Namespace, pod) == nil {
					t.Errorf("%s was evicted", pod)
				}
			}
		})
	}
}

// Whoever undoes a drain while users have time yet saves them from the deadline.
func TestDrainUndoneBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	rules := policy(UsersDeadline)
	rules.Deadline = time.Now().Add(soon)
	server, client, plan := drainable(t, rules, userOn("a", "stays", 0))
	opts := quick()
	opts.Timeout = 0 // the deadline alone is up
	opts.until(func(p DrainProgress) bool {
		if p.Remaining == 1 {
			server.UpdateNode("a", reopen)
		}
		return p.Remaining == 1
	})
	report := run(t, client, plan, opts)
	expectPods(t, report, "stays: not tried: the cordon was taken back")
	if diff := cmp.Diff([]string{"a: not drained: the cordon was taken back"}, nodeReport(report.Nodes)); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	if server.Pod(clustertest.Namespace, "stays") == nil {
		t.Error("a user was cut off from an open node")
	}
}

// What a budget held back is not tried again on a node that was opened.
func TestDrainUndoneWhileABudgetHoldsBack(t *testing.T) {
	t.Parallel()
	server, client, plan := drainable(t, policy(UsersWait), podOn("a", "Deployment", "guarded", "held"))
	server.AddBudget("slow", "guarded", 0)
	opts := quick()
	opts.Progress = func(p DrainProgress) {
		if p.Blocked == 1 {
			server.UpdateNode("a", reopen)
			server.Allow("slow", 1)
		}
	}
	expectPods(t, run(t, client, plan, opts), "held: not tried: the cordon was taken back")
}
