package nodes

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

func TestDrainLeavesUsersAlone(t *testing.T) {
	t.Parallel()
	server, client, plan := drainable(t, policy(UsersWait),
		podOn("a", "Deployment", "hub", "hub"), podOn("a", "DaemonSet", "fluentd", "daemon"), podOn("b", "Deployment", "hub", "other"),
		userOn("a", "user", time.Hour), with(userOn("a", "finished", time.Hour), phase(corev1.PodFailed)))
	report := run(t, client, plan, quick())
	expectPods(t, report,
		"daemon: left there: DaemonSet fluentd has one on each node", "finished: evicted", "hub: evicted", "user: left to finish: a user's session")
	if diff := cmp.Diff([]string{"a: cordoned"}, nodeReport(report.Nodes)); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	for _, name := range []string{"user", "daemon", "other"} {
		if server.Pod(clustertest.Namespace, name) == nil {
			t.Errorf("%s is gone", name)
		}
	}
	if mark := MarkOf(server.Node("a")); mark == nil || mark.For != ForDrain || mark.By != "me" {
		t.Errorf("the mark is %v", mark)
	}
	if diff := cmp.Diff(map[string]int{"a": 1}, report.Remaining()); diff != "" {
		t.Errorf("remaining (-want +got):\n%s", diff)
	}
}

func TestDrainEvictsUsersIfAsked(t *testing.T) {
	t.Parallel()
	_, client, plan := drainable(t, policy(UsersEvict), userOn("a", "user", time.Hour), podOn("a", "StatefulSet", "db", "db"))
	expectPods(t, run(t, client, plan, quick()), "db: evicted", "user: evicted")
}

// What comes between the plan and the cordon is treated by the plan's rules, and
// what they do not provide for is left alone.
func TestDrainLooksAgainAfterTheCordon(t *testing.T) {
	t.Parallel()
	server, client, plan := drainable(t, policy(UsersWait),
		podOn("a", "Deployment", "hub", "hub"), podOn("a", "Deployment", "gone", "gone"), podOn("a", "StatefulSet", "db", "db-0"))
	server.Remove(clustertest.Namespace, "gone")
	server.Remove(clustertest.Namespace, "db-0")
	replaced := podOn("a", "StatefulSet", "db", "db-0")
	replaced.UID = "another"
	server.Create(replaced)
	server.Create(podOn("a", "Deployment", "binder", "new"))
	server.Create(podOn("a", "", "bare", "new-bare"))
	server.Create(userOn("a", "new-user", 0))
	expectPods(t, run(t, client, plan, quick()),
		"db-0: already gone", "db-0: evicted", "gone: already gone", "hub: evicted",
		"new-bare: not agreed to: nothing would make another", "new-user: left to finish: a user's session", "new: evicted")
}

// A pod that is replaced by a namesake before its turn is not touched.
func TestDrainDoesNotTouchANamesake(t *testing.T) {
	t.Parallel()
	server, client, plan := drainable(t, policy(UsersWait), podOn("a", "StatefulSet", "db", "db-0"))
	var once sync.Once
	onEvict(server, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		once.Do(func() {
			server.Remove(clustertest.Namespace, "db-0")
			namesake := podOn("b", "StatefulSet", "db", "db-0")
			namesake.UID = "another"
			server.Create(namesake)
		})
		next.ServeHTTP(w, r)
	})
	expectPods(t, run(t, client, plan, quick()), "db-0: replaced")
	if pod := server.Pod(clustertest.Namespace, "db-0"); pod == nil || pod.UID != "another" {
		t.Error("the namesake is gone")
	}
}

func TestDrainDryRun(t *testing.T) {
	t.Parallel()
	ending := with(podOn("a", "Deployment", "x", "ending"), func(pod *corev1.Pod) { pod.DeletionTimestamp = &pod.CreationTimestamp })
	server, client, plan := drainable(t, policy(UsersWait), podOn("a", "Deployment", "free", "free"), podOn("a", "Deployment", "guarded", "held"), ending)
	server.AddBudget("never", "guarded", 0)
	opts := quick()
	opts.DryRun = true
	expectPods(t, run(t, client, plan, opts),
		"ending: would be done", "free: would be done", "held: blocked: disruption budget binder/never needs 1 healthy pods and has 1 currently")
	if server.Pod(clustertest.Namespace, "free") == nil || server.Node("a").Spec.Unschedulable {
		t.Error("a dry run changed something")
	}
}

// The operator stops in the middle: what was begun is finished, the rest is not
// begun, and the node stays cordoned.
func TestDrainStopped(t *testing.T) {
	t.Parallel()
	server, client, plan := drainable(t, policy(UsersWait),
		podOn("a", "Deployment", "x", "x-1"), podOn("a", "Deployment", "x", "x-2"), podOn("a", "Deployment", "x", "x-3"))
	ctx, stop := context.WithCancel(t.Context())
	onEvict(server, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		stop()
		next.ServeHTTP(w, r)
	})
	opts := quick()
	opts.MaxInFlight = 1
	report, err := Drain(ctx, client, plan, opts)
	if err != nil {
		t.Fatal(err)
	}
	left := 0
	for _, o := range report.Pods {
		if o.Result == Untried {
			left++
		}
	}
	if left != 2 || !server.Node("a").Spec.Unschedulable {
		t.Errorf("%v; cordoned: %v", podReport(report.Pods), server.Node("a").Spec.Unschedulable)
	}
}

func TestDrainSaysWhatHoldsAPod(t *testing.T) {
	t.Parallel()
	_, client, plan := drainable(t, policy(UsersWait),
		with(podOn("a", "Deployment", "x", "held"), func(pod *corev1.Pod) { pod.Finalizers = []string{"example.org/a"} }),
		podOn("a", "Deployment", "x", "later"))
	opts := quick()
	opts.MaxInFlight = 1 // so that the watch has told of the first when the second is gone
	opts.until(func(p DrainProgress) bool { return p.Asked == 2 && p.Gone == 1 })
	expectPods(t, run(t, client, plan, opts), "held: terminating: held by finalizer example.org/a", "later: evicted")
}
