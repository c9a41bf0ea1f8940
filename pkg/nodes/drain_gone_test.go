package nodes

import (
	"net/http"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

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
