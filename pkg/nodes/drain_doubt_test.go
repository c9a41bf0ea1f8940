package nodes

import (
	"testing"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"

	corev1 "k8s.io/api/core/v1"
)

// A label is not enough to be cut off as a user's server or a build: what may be
// something else is treated as such, and takes the flags that that takes.
func TestPlanDrainDoubtsLabels(t *testing.T) {
	t.Parallel()
	database := with(podOn("a", "StatefulSet", "db", "db-0"), emptyDir)
	database.Labels["component"] = "binderhub-build"
	bare := with(podOn("a", "", "x", "precious"), emptyDir)
	bare.Labels["app.kubernetes.io/component"] = "singleuser-server"
	for policy, want := range map[UsersPolicy]Verdict{UsersEvict: Refuses, UsersDeadline: Refuses, UsersWait: Waits} {
		_, client := start(t, []*corev1.Node{clustertest.Node("a", ""), clustertest.Node("b", "")}, database, bare)
		plan, err := PlanDrain(t.Context(), client, Wanted{Names: []string{"a"}}, DrainPolicy{Users: policy}, "me", "")
		if err != nil {
			t.Fatal(err)
		}
		for _, pod := range plan.Pods {
			if pod.Verdict != want {
				t.Errorf("users %s: %s %s (%s), want %s", policy, pod.Name, pod.Verdict, pod.Reason, want)
			}
		}
	}
}
