package pods

import (
	"fmt"
	"net/http"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// cullable is a server with so many old pods, a client and a plan for them all.
func cullable(t *testing.T, names ...string) (*clustertest.Server, *cluster.Client, Plan) {
	t.Helper()
	server := clustertest.Start(t)
	for i, name := range names { // the first is the oldest
		server.Create(clustertest.UserPod(name, ligoURL, 2*hour+time.Duration(len(names)-i)*time.Minute))
	}
	server.Create(clustertest.UserPod("young", ligoURL, 0))
	client := server.Client(clustertest.Namespace)
	plan, err := PlanCull(t.Context(), client, Policy{OlderThan: age(hour)})
	if err != nil || len(plan.Victims) != len(names) {
		t.Fatalf("%d victims, %v", len(plan.Victims), err)
	}
	client.Now = time.Now // for the pace
	return server, client, plan
}

// many are the names of so many pods.
func many(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("pod-%03d", i)
	}
	return names
}

// onDelete has some deletes answered otherwise: by other, which may pass them
// on, for the pods that are named.
func onDelete(server *clustertest.Server, other func(w http.ResponseWriter, r *http.Request, next http.Handler), names ...string) {
	server.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for _, name := range names {
				if r.Method == http.MethodDelete && path.Base(r.URL.Path) == name {
					other(w, r, next)
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	})
}

// first calls one the first time and other ever after.
func first(one, other http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	called := false
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		handler := one
		if called {
			handler = other
		}
		called = true
		mu.Unlock()
		handler(w, r)
	}
}

func report(outcomes []Outcome) []string {
	lines := make([]string, 0, len(outcomes))
	for _, o := range outcomes {
		lines = append(lines, strings.TrimSuffix(fmt.Sprintf("%s: %s: %s", o.Name, o.Result, o.Detail), ": "))
	}
	return lines
}

// soon is a limit for what should take no time at all.
const soon = time.Minute
