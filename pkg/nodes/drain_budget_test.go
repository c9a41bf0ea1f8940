package nodes

import (
	"net/http"
	"sync"
	"testing"
)

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
