package nodes

import (
	"net/http"
	"path"
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
