package pods

import (
	"net/http"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

func TestCull(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]CullOptions{
		"and wait":             {Wait: true, Timeout: soon},
		"and wait for ever":    {Wait: true},
		"without a wait":       {},
		"one by one":           {Wait: true, Timeout: soon, MaxInFlight: 1},
		"by force":             {Wait: true, Timeout: soon, Delete: cluster.DeleteOptions{GracePeriod: new(int64)}},
		"with a grace of ours": {Wait: true, Timeout: soon, Delete: cluster.DeleteOptions{GracePeriod: new(int64(5))}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client, plan := cullable(t, "a", "b", "c")
			var asked, gone int
			outcomes := Cull(t.Context(), client, plan, opts, func(a, g int) { asked, gone = a, g })
			want := []string{"a: deleted", "b: deleted", "c: deleted"}
			if !opts.Wait {
				want = []string{"a: asked to go", "b: asked to go", "c: asked to go"}
			}
			if diff := cmp.Diff(want, report(outcomes)); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
			if asked != 3 || gone != 3 {
				t.Errorf("progress ended with %d asked and %d gone", asked, gone)
			}
			for _, name := range []string{"a", "b", "c"} {
				if server.Pod(clustertest.Namespace, name) != nil {
					t.Errorf("%s is still there", name)
				}
			}
			if server.Pod(clustertest.Namespace, "young") == nil {
				t.Error("a pod that was not in the plan is gone")
			}
		})
	}
}

func TestCullDryRun(t *testing.T) {
	t.Parallel()
	server, client, plan := cullable(t, "a", "b")
	server.Remove(clustertest.Namespace, "b")
	outcomes := Cull(t.Context(), client, plan, CullOptions{Wait: true, Delete: cluster.DeleteOptions{DryRun: true}}, nil)
	if diff := cmp.Diff([]string{"a: would delete", "b: already gone"}, report(outcomes)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if server.Pod(clustertest.Namespace, "a") == nil {
		t.Error("a dry run deleted a pod")
	}
}

func TestCullOfManyIsPaced(t *testing.T) {
	t.Parallel()
	server, client, plan := cullable(t, many(500)...)
	var mu sync.Mutex
	inFlight, most := 0, 0
	server.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete {
				mu.Lock()
				inFlight++
				most = max(most, inFlight)
				mu.Unlock()
				defer func() {
					mu.Lock()
					inFlight--
					mu.Unlock()
				}()
			}
			next.ServeHTTP(w, r)
		})
	})
	before := client.Requests()
	outcomes := Cull(t.Context(), client, plan, CullOptions{Wait: true, Timeout: soon, MaxInFlight: 5}, nil)
	for _, o := range outcomes {
		if o.Result != Deleted {
			t.Fatalf("%s: %s: %s", o.Name, o.Result, o.Detail)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if most > 5 {
		t.Errorf("%d in flight, of 5", most)
	}
	if asked := client.Requests() - before; asked != 501 { // one each, and one watch for all
		t.Errorf("%d requests for 500 pods", asked)
	}
}

func TestResults(t *testing.T) {
	t.Parallel()
	fine := 0
	for _, result := range Results() {
		if result.Fine() {
			fine++
		}
	}
	if len(Results()) != 9 || fine != 6 {
		t.Errorf("%d results, %d of them fine", len(Results()), fine)
	}
}
