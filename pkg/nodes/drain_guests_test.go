package nodes

import (
	"net/http"
	"strings"
	"testing"
	"time"

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
