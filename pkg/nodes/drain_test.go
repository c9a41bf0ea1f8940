package nodes

import (
	"context"
	"net/http"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// drainable is a server with nodes a and b and these pods, and a plan to drain a.
func drainable(t *testing.T, policy DrainPolicy, pods ...*corev1.Pod) (*clustertest.Server, *cluster.Client, DrainPlan) {
	t.Helper()
	server, client := start(t, []*corev1.Node{clustertest.Node("a", ""), clustertest.Node("b", "")}, pods...)
	plan, err := PlanDrain(t.Context(), client, Wanted{Names: []string{"a"}}, policy, "me", "")
	if err != nil {
		t.Fatal(err)
	}
	client.Now = time.Now // for the pace
	return server, client, plan
}

func quick() DrainOptions { return DrainOptions{Timeout: soon, retry: 10 * time.Millisecond} }

// until has the drain's time be up once it has come so far, and not before.
func (o *DrainOptions) until(far func(DrainProgress) bool) {
	up := make(chan time.Time)
	reached := sync.OnceFunc(func() { close(up) })
	o.after = func(time.Duration) <-chan time.Time { return up }
	o.Progress = func(p DrainProgress) {
		if far(p) {
			reached()
		}
	}
}

// expectPods compares what became of the pods.
func expectPods(t *testing.T, report DrainReport, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, podReport(report.Pods)); diff != "" {
		t.Errorf("pods (-want +got):\n%s", diff)
	}
}

func run(t *testing.T, client *cluster.Client, plan DrainPlan, opts DrainOptions) DrainReport {
	t.Helper()
	report, err := Drain(t.Context(), client, plan, opts)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

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

// onEvict has evictions answered by other.
func onEvict(server *clustertest.Server, other func(w http.ResponseWriter, r *http.Request, next http.Handler)) {
	server.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if path.Base(r.URL.Path) == "eviction" {
				other(w, r, next)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
}

func TestDrainHonoursBudgets(t *testing.T) {
	t.Parallel()
	server, client, plan := drainable(t, policy(UsersWait),
		podOn("a", "Deployment", "guarded", "held-1"), podOn("a", "Deployment", "guarded", "held-2"), podOn("a", "Deployment", "free", "free"))
	server.AddBudget("slow", "guarded", 0)
	var mu sync.Mutex
	tried := 0
	onEvict(server, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(w, r)
		mu.Lock()
		defer mu.Unlock()
		if tried++; tried >= 7 { // the rest has long gone, and it lets one go at a time
			server.Allow("slow", 1)
		}
	})
	blocked := 0
	opts := quick()
	opts.Progress = func(p DrainProgress) { blocked = max(blocked, p.Blocked) }
	expectPods(t, run(t, client, plan, opts), "free: evicted", "held-1: evicted", "held-2: evicted")
	if blocked != 2 {
		t.Errorf("told of %d held back, want 2", blocked)
	}
}

func TestDrainNamesTheBudgetThatNeverAllows(t *testing.T) {
	t.Parallel()
	server, client, plan := drainable(t, policy(UsersWait),
		podOn("a", "Deployment", "guarded", "held"), podOn("a", "Deployment", "doubly", "doubly"), podOn("a", "Deployment", "free", "free"))
	server.AddBudget("never", "guarded", 0)
	server.AddBudget("one", "doubly", 1)
	server.AddBudget("two", "doubly", 1)
	opts := quick()
	opts.until(func(p DrainProgress) bool { return p.Gone == 1 && p.Blocked == 1 })
	report := run(t, client, plan, opts)
	expectPods(t, report,
		"doubly: blocked: several PodDisruptionBudgets choose it, which the API server does not allow for (binder/one and binder/two)",
		"free: evicted",
		"held: blocked: disruption budget binder/never needs 1 healthy pods and has 1 currently")
	if report.Pods[0].Result.Fine() {
		t.Error("a pod that could not leave is called fine")
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

func TestDrainOfANodeThatVanishes(t *testing.T) {
	t.Parallel()
	server, client, plan := drainable(t, policy(UsersWait), podOn("a", "Deployment", "x", "x-1"), podOn("a", "Deployment", "x", "x-2"))
	var once sync.Once
	onEvict(server, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		once.Do(func() {
			server.RemoveNode("a")
			server.Remove(clustertest.Namespace, "x-1")
			server.Remove(clustertest.Namespace, "x-2")
		})
		next.ServeHTTP(w, r)
	})
	report := run(t, client, plan, quick())
	expectPods(t, report, "x-1: already gone", "x-2: already gone")
	if diff := cmp.Diff([]string{"a: already gone: the node has gone meanwhile"}, nodeReport(report.Nodes)); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
}

func TestDrainOfANodeThatWasGoneBefore(t *testing.T) {
	t.Parallel()
	server, client, plan := drainable(t, policy(UsersWait), podOn("a", "Deployment", "x", "x-1"))
	server.RemoveNode("a")
	expectPods(t, run(t, client, plan, quick()), "x-1: already gone: its node is gone")
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

// Users are followed until they have ended, however they do: by going or by
// finishing.
func TestDrainFollowsUsers(t *testing.T) {
	t.Parallel()
	server, client, plan := drainable(t, policy(UsersWait), userOn("a", "goes", 0), userOn("a", "finishes", 0), podOn("a", "Deployment", "x", "x"))
	remaining := make(chan int, 100)
	opts := quick()
	opts.Wait = true
	opts.Progress = func(p DrainProgress) {
		if p.Remaining >= 0 {
			remaining <- p.Remaining
		}
	}
	done := make(chan DrainReport, 1)
	go func() { done <- run(t, client, plan, opts) }()
	until := func(want int) {
		t.Helper()
		for got := range remaining {
			if got == want {
				return
			}
		}
	}
	until(2)
	server.Remove(clustertest.Namespace, "goes")
	until(1)
	server.Update(clustertest.Namespace, "finishes", phase(corev1.PodFailed))
	expectPods(t, <-done, "finishes: ended", "goes: ended", "x: evicted")
}

func TestDrainUntilADeadline(t *testing.T) {
	t.Parallel()
	rules := policy(UsersDeadline)
	rules.Deadline = time.Now().Add(soon)
	server, client, plan := drainable(t, rules, userOn("a", "stays", 0), userOn("a", "goes", 0))
	opts := quick()
	opts.Timeout = 0 // of what is evicted; the deadline alone is up
	opts.until(func(p DrainProgress) bool {
		if p.Remaining == 2 {
			go server.Remove(clustertest.Namespace, "goes")
		}
		return p.Remaining == 1
	})
	expectPods(t, run(t, client, plan, opts), "goes: ended", "stays: evicted")
	if server.Pod(clustertest.Namespace, "stays") != nil {
		t.Error("the deadline has passed and the user is still there")
	}
}

// An eviction whose answer was lost, and a server that is away, are no failures.
func TestDrainTriesAgain(t *testing.T) {
	t.Parallel()
	server, client, plan := drainable(t, policy(UsersWait), podOn("a", "Deployment", "x", "x-1"), podOn("a", "Deployment", "x", "x-2"))
	var once sync.Once
	onEvict(server, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.Contains(r.URL.Path, "x-1") {
			once.Do(func() {
				server.Remove(clustertest.Namespace, "x-1") // carried out, and nobody is told
				panic(http.ErrAbortHandler)
			})
		}
		next.ServeHTTP(w, r)
	})
	expectPods(t, run(t, client, plan, quick()), "x-1: evicted", "x-2: evicted")
}
