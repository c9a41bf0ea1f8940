package nodes

import (
	"net/http"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

func readiness(status corev1.ConditionStatus) func(*corev1.Node) {
	return func(node *corev1.Node) { node.Status.Conditions[0].Status = status }
}

// By force records are removed, which has a pod of a StatefulSet run twice if its
// kubelet still lives: so only where it was silent in the plan and is to the end.
func TestDrainRemovesRecordsOnlyFromTheDead(t *testing.T) {
	t.Parallel()
	const yes, no, unknown = corev1.ConditionTrue, corev1.ConditionFalse, corev1.ConditionUnknown
	for name, tc := range map[string]struct {
		planned, cordoned, evicted corev1.ConditionStatus
		want                       string
	}{
		"silent throughout":          {unknown, unknown, unknown, "db-0: record removed"},
		"back before the cordon":     {unknown, yes, yes, "db-0: evicted"},
		"back as pods are evicted":   {unknown, unknown, yes, "db-0: evicted"},
		"back, and not ready yet":    {unknown, unknown, no, "db-0: evicted"},
		"it says that it is not":     {no, no, no, "db-0: evicted"},
		"silent only since the plan": {yes, unknown, unknown, "db-0: terminating: " + DeadNode},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			node := clustertest.Node("a", "")
			readiness(tc.planned)(node)
			server, client := start(t, []*corev1.Node{node, clustertest.Node("b", "")}, podOn("a", "StatefulSet", "db", "db-0"))
			server.Linger()
			rules := policy(UsersWait)
			rules.Force = true
			plan, err := PlanDrain(t.Context(), client, Wanted{Names: []string{"a"}}, rules, "me", "")
			if err != nil {
				t.Fatal(err)
			}
			client.Now = time.Now // for the pace
			server.UpdateNode("a", readiness(tc.cordoned))
			onEvict(server, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				server.UpdateNode("a", readiness(tc.evicted))
				next.ServeHTTP(w, r)
				if tc.evicted != unknown {
					server.Remove(clustertest.Namespace, "db-0") // as its kubelet does
				}
			})
			opts := quick()
			if tc.planned == yes {
				opts.until(func(p DrainProgress) bool { return p.Asked == 1 }) // nothing ends it
			}
			report := run(t, client, plan, opts)
			expectPods(t, report, tc.want)
			if report.Nodes[0].Ready != (tc.cordoned == yes) {
				t.Error("the report shows the node as it was in the plan")
			}
		})
	}
}

func TestDrainOfADeadNode(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		force bool
		want  []string
	}{
		"is not waited for": {false, []string{
			"ending: terminating: " + DeadNode, "user: left to finish: a user's session", "x: terminating: " + DeadNode,
		}},
		"by force": {true, []string{"ending: record removed", "user: left to finish: a user's session", "x: record removed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dead := clustertest.Node("a", "")
			dead.Status.Conditions[0].Status = corev1.ConditionUnknown
			server, client := start(t, []*corev1.Node{dead, clustertest.Node("b", "")}, podOn("a", "Deployment", "x", "x"), userOn("a", "user", 0))
			server.Linger()
			server.Create(with(podOn("a", "Deployment", "x", "ending"), func(pod *corev1.Pod) { pod.DeletionTimestamp = &pod.CreationTimestamp }))
			rules := policy(UsersWait)
			rules.Force = tc.force
			plan, err := PlanDrain(t.Context(), client, Wanted{Names: []string{"a"}}, rules, "me", "")
			if err != nil {
				t.Fatal(err)
			}
			client.Now = time.Now
			expectPods(t, run(t, client, plan, quick()), tc.want...)
		})
	}
}
