package pods

import (
	"net/http"
	"path"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

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
