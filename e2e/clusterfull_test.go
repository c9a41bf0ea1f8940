package e2e

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestClusterFull lives through 2017-10-17: first the pods that wait are
// deleted, which does not help; then those that hold the places.
func TestClusterFull(t *testing.T) {
	p := placeIn(t, ownGameDay(t, "cluster-full"), "beta")
	before := p.everything(t)
	old := func(pod *corev1.Pod, age time.Duration) bool { return isUser(pod) && age >= 3*time.Hour }
	cull := func(want func(*corev1.Pod, time.Duration) bool, args ...string) []string {
		t.Helper()
		all := p.all(t)
		first := due(all, time.Now(), want)
		var report reportDoc
		p.run(t, append([]string{"pods", "cull", "--yes", "-o", "json"}, args...)...).exits(0).decode(&report)
		deleted := report.with("deleted")
		between(t, "deleted pods", deleted, first, due(all, time.Now(), want))
		if len(deleted) == 0 {
			t.Fatalf("%q deleted nothing", args)
		}
		return deleted
	}
	p.run(t, "hub", "restart", "--dry-run").exits(0).prints(`^danger: the next hub pod may find no room: 94 pods in the queue`)
	gone := cull(func(pod *corev1.Pod, age time.Duration) bool {
		return isUser(pod) && pod.Status.Phase == corev1.PodPending && age >= 10*time.Minute
	}, "--phase", "Pending", "--older-than", "10m")
	p.lostOnly(t, before, p.namespace, gone)

	// The oldest five, in order.
	oldest := byAge(t, p)[:5]
	var plan planDoc
	p.run(t, "pods", "cull", "--older-than", "3h", "--limit", "5", "--dry-run", "-o", "json").exits(0).decode(&plan)
	if !slices.Equal(plan.names(), oldest) {
		t.Errorf("the plan is %q, want the oldest: %q", plan.names(), oldest)
	}
	cull(func(pod *corev1.Pod, _ time.Duration) bool { return slices.Contains(oldest, pod.Name) },
		"--older-than", "3h", "--limit", "5")

	// One node's, then all the old ones.
	var list listDoc
	p.run(t, "pods", "list", "--older-than", "3h", "-o", "json").exits(0).decode(&list)
	node := list.Items[0].Node
	onNode := cull(func(pod *corev1.Pod, age time.Duration) bool { return old(pod, age) && pod.Spec.NodeName == node },
		"--older-than", "3h", "--node", node)
	rest := cull(old, "--older-than", "3h")
	p.lostOnly(t, before, p.namespace, slices.Concat(gone, oldest, onNode, rest))
	p.journalEvents(t, "begin", "end", "begin", "end", "begin", "end", "begin", "end")
	eventually(t, "the incident is over", func() bool { return p.gameday("status") == nil })
	if answer := p.run(t, "hub", "restart", "--dry-run").exits(0); strings.Contains(answer.stdout, "danger: ") {
		t.Errorf("there is room, and a restart would be dangerous:\n%s", answer.stdout)
	}
}

// byAge are the names of the user pods, the oldest first.
func byAge(t *testing.T, p *place) []string {
	t.Helper()
	list, err := p.kube.CoreV1().Pods(p.namespace).List(context.Background(), metav1.ListOptions{LabelSelector: "component=singleuser-server"})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(list.Items, func(a, b corev1.Pod) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), strings.Compare(a.Name, b.Name))
	})
	names := make([]string, len(list.Items))
	for i := range list.Items {
		names[i] = list.Items[i].Name
	}
	return names
}
