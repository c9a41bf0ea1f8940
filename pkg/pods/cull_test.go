package pods

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

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

func TestCullTriesThemAll(t *testing.T) {
	t.Parallel()
	server, client, plan := cullable(t, "a", "gone", "replaced", "forbidden", "invalid", "z")
	server.Remove(clustertest.Namespace, "gone")
	server.Remove(clustertest.Namespace, "replaced")
	namesake := clustertest.UserPod("replaced", ligoURL, 0)
	namesake.UID = "another"
	server.Create(namesake)
	onDelete(server, func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		clustertest.Refuse(w, apierrors.NewForbidden(corev1.Resource("pods"), "forbidden", errors.New("no")))
	}, "forbidden")
	onDelete(server, func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		clustertest.Refuse(w, apierrors.NewBadRequest("nonsense"))
	}, "invalid")
	outcomes := Cull(t.Context(), client, plan, CullOptions{Wait: true, Timeout: soon}, nil)
	want := []string{
		"a: deleted",
		"gone: already gone",
		"replaced: replaced",
		`forbidden: failed: delete pod forbidden: pods "forbidden" is forbidden: no`,
		"invalid: failed: delete pod invalid: nonsense",
		"z: deleted",
	}
	if diff := cmp.Diff(want, report(outcomes)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if server.Pod(clustertest.Namespace, "replaced") == nil {
		t.Error("the namesake is gone")
	}
}

func TestCullTriesAgain(t *testing.T) {
	t.Parallel()
	lose := func(_ http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(httptest.NewRecorder(), r) // carried out, and nobody is told
		panic(http.ErrAbortHandler)
	}
	for name, tc := range map[string]struct {
		trouble func(w http.ResponseWriter, r *http.Request, next http.Handler)
		want    string
	}{
		"when the server has too many": {func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			clustertest.Refuse(w, apierrors.NewTooManyRequests("too many", 1))
		}, "deleted"},
		"when it names no rest": {func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			clustertest.Refuse(w, apierrors.NewTooManyRequests("too many", 0))
		}, "deleted"},
		"when it is starting": {func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			clustertest.Refuse(w, apierrors.NewServiceUnavailable("starting"))
		}, "deleted"},
		"when the connection breaks":           {func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }, "deleted"},
		"when the answer is lost, and was yes": {lose, "deleted"}, // by us, though the second answer is "not found"
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client, plan := cullable(t, "a", "b")
			server.Wrap(func(next http.Handler) http.Handler {
				handler := first(func(w http.ResponseWriter, r *http.Request) { tc.trouble(w, r, next) }, next.ServeHTTP)
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodDelete && path.Base(r.URL.Path) == "a" {
						handler(w, r)
						return
					}
					next.ServeHTTP(w, r)
				})
			})
			outcomes := Cull(t.Context(), client, plan, CullOptions{Wait: true, Timeout: soon}, nil)
			if diff := cmp.Diff([]string{"a: " + tc.want, "b: deleted"}, report(outcomes)); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
		})
	}
}

// A pod that was gone before the answer was lost is told of by no watch: its
// departure must not be waited for.
func TestCullDoesNotWaitForWhatIsGone(t *testing.T) {
	t.Parallel()
	server, client, plan := cullable(t, "a")
	server.Remove(clustertest.Namespace, "a")
	server.Forget() // and the watch has to begin with a list
	var once sync.Once
	onDelete(server, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		once.Do(func() { panic(http.ErrAbortHandler) })
		next.ServeHTTP(w, r)
	}, "a")
	outcomes := Cull(t.Context(), client, plan, CullOptions{Wait: true}, nil)
	if diff := cmp.Diff([]string{"a: deleted"}, report(outcomes)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

func TestCullWaitsUntilPodsAreGone(t *testing.T) {
	t.Parallel()
	server, client, plan := cullable(t, "a", "b")
	server.Linger()
	outcomes := make(chan []Outcome, 1)
	told := make(chan [2]int, 10)
	go func() {
		outcomes <- Cull(t.Context(), client, plan, CullOptions{Wait: true, Timeout: soon}, func(asked, gone int) { told <- [2]int{asked, gone} })
	}()
	expect := func(want [2]int) {
		t.Helper()
		if got := <-told; got != want {
			t.Fatalf("told of %v, want %v", got, want)
		}
	}
	expect([2]int{1, 0})
	expect([2]int{2, 0})
	server.Remove(clustertest.Namespace, "a")
	expect([2]int{2, 1})
	select {
	case got := <-outcomes:
		t.Fatalf("ended before the last pod was gone: %v", report(got))
	default:
	}
	server.Remove(clustertest.Namespace, "b")
	expect([2]int{2, 2})
	if diff := cmp.Diff([]string{"a: deleted", "b: deleted"}, report(<-outcomes)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// The watch may lose its thread; what is gone meanwhile is seen all the same.
func TestCullAfterTheWatchExpired(t *testing.T) {
	t.Parallel()
	server, client, plan := cullable(t, "a", "b", "c")
	server.Forget()
	server.Linger()
	server.Create(clustertest.UserPod("new", ligoURL, 0)) // so that the plan's version is one that was forgotten
	server.Forget()
	ends := make(chan string, 3)
	server.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			if r.Method == http.MethodDelete {
				ends <- path.Base(r.URL.Path)
			}
		})
	})
	go func() {
		for range 3 {
			server.Remove(clustertest.Namespace, <-ends)
		}
	}()
	outcomes := Cull(t.Context(), client, plan, CullOptions{Wait: true, Timeout: soon}, nil)
	if diff := cmp.Diff([]string{"a: deleted", "b: deleted", "c: deleted"}, report(outcomes)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

func TestCullSaysWhatHoldsAPod(t *testing.T) {
	t.Parallel()
	server, client, plan := cullable(t, "ends", "held", "on-a-dead-node", "on-a-good-node")
	server.AddNode(node("dead", corev1.ConditionUnknown))
	server.AddNode(node("good", corev1.ConditionTrue))
	server.Update(clustertest.Namespace, "held", func(pod *corev1.Pod) { pod.Finalizers = []string{"example.org/a", "example.org/b"} })
	for i, node := range []string{"", "", "dead", "good"} {
		plan.Victims[i].Node = node
	}
	server.Linger()
	asked := 0
	outcomes := Cull(t.Context(), client, plan, CullOptions{Wait: true, Timeout: 2 * time.Second}, func(a, _ int) {
		if a > asked && a == 4 {
			go server.Remove(clustertest.Namespace, "ends")
		}
		asked = a
	})
	want := []string{
		"ends: deleted",
		"held: terminating: held by finalizer example.org/a, example.org/b",
		"on-a-dead-node: terminating: its node is not ready, so nothing there ends; --force removes the record",
		"on-a-good-node: terminating",
	}
	if diff := cmp.Diff(want, report(outcomes)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if outcomes[0].Result.Fine() != true || outcomes[1].Result.Fine() {
		t.Error("what is stuck is called fine, or what is gone is not")
	}
}

func node(name string, ready corev1.ConditionStatus) *corev1.Node {
	n := &corev1.Node{Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: ready}}}}
	n.Name = name
	return n
}

// Ctrl-C: what is in flight is finished, no more is begun, and nothing is
// waited for.
func TestCullStopped(t *testing.T) {
	t.Parallel()
	server, client, plan := cullable(t, "a", "b", "c")
	server.Linger()
	ctx, stop := context.WithCancel(t.Context())
	onDelete(server, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		stop()
		next.ServeHTTP(w, r)
	}, "a")
	outcomes := Cull(ctx, client, plan, CullOptions{Wait: true, MaxInFlight: 1}, nil)
	want := []string{"a: terminating", "b: not tried: stopped before its turn", "c: not tried: stopped before its turn"}
	if diff := cmp.Diff(want, report(outcomes)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if pod := server.Pod(clustertest.Namespace, "a"); pod == nil || pod.DeletionTimestamp == nil {
		t.Error("the request in flight was not finished")
	}
	if pod := server.Pod(clustertest.Namespace, "b"); pod == nil || pod.DeletionTimestamp != nil {
		t.Error("another was begun")
	}
}

func TestCullOutOfTime(t *testing.T) {
	t.Parallel()
	_, client, plan := cullable(t, "a")
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	outcomes := Cull(ctx, client, plan, CullOptions{Wait: true}, nil)
	if diff := cmp.Diff([]string{"a: not tried: stopped before its turn"}, report(outcomes)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

func TestCullOfManyIsPaced(t *testing.T) {
	t.Parallel()
	var names []string
	for i := range 500 {
		names = append(names, fmt.Sprintf("pod-%03d", i))
	}
	server, client, plan := cullable(t, names...)
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

func TestWatch(t *testing.T) {
	t.Parallel()
	server := clustertest.Start(t, clustertest.UserPod("old", ligoURL, 2*hour), clustertest.UserPod("older", ligoURL, 3*hour))
	client := server.Client(clustertest.Namespace)
	ctx, stop := context.WithCancel(t.Context())
	told, ended := make(chan []Change, 10), make(chan error, 1)
	go func() {
		ended <- Watch(ctx, client, clustertest.Namespace, Filter{Group: Users, Phases: []corev1.PodPhase{"Running"}}, func(changes []Change) { told <- changes })
	}()
	expect := func(want ...string) {
		t.Helper()
		var got []string
		for _, change := range <-told {
			word := "is"
			if change.Gone {
				word = "gone"
			}
			got = append(got, change.Name+" "+word)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("told (-want +got):\n%s", diff)
		}
	}
	expect("older is", "old is")
	server.Create(clustertest.BuildPod("build", ligoURL, 0)) // not chosen
	server.Create(clustertest.UserPod("new", ligoURL, 0))
	expect("new is")
	server.Update(clustertest.Namespace, "new", func(pod *corev1.Pod) { pod.Annotations["x"] = "y" }) // nothing that is shown
	server.Update(clustertest.Namespace, "new", func(pod *corev1.Pod) { pod.Status.Phase = corev1.PodFailed })
	expect("new gone")
	server.Remove(clustertest.Namespace, "new") // it was told of already
	server.Remove(clustertest.Namespace, "old")
	expect("old gone")
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}
