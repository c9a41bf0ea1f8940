package nodes

import (
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// The users' deadline does not wait for what a budget holds back: here the budget
// allows nothing until the user is cut off.
func TestDrainDeadlineBesideABudget(t *testing.T) {
	t.Parallel()
	rules := policy(UsersDeadline)
	rules.Deadline = time.Now()
	server, client, plan := drainable(t, rules, userOn("a", "stays", 0), podOn("a", "Deployment", "guarded", "held"))
	server.AddBudget("slow", "guarded", 0)
	onEvict(server, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(w, r)
		if strings.Contains(r.URL.Path, "/stays/") {
			server.Allow("slow", 1)
		}
	})
	opts := quick()
	opts.Timeout = 10 * time.Second
	expectPods(t, run(t, client, plan, opts), "held: evicted", "stays: evicted")
	if server.Pod(clustertest.Namespace, "stays") != nil {
		t.Error("the deadline has passed and the user is still there")
	}
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
