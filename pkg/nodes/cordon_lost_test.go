package nodes

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// loseAnswer has the first change of a node carried out without anybody being
// told; then somebody else may do something.
func loseAnswer(server *clustertest.Server, then func()) {
	var once sync.Once
	server.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch {
				once.Do(func() {
					next.ServeHTTP(httptest.NewRecorder(), r)
					then()
					panic(http.ErrAbortHandler)
				})
			}
			next.ServeHTTP(w, r)
		})
	})
}

// A change whose answer was lost was ours all the same, and is reported so: else
// nobody is told how to undo it.
func TestCordonWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		then func(*corev1.Node)
		want string
	}{
		"nobody else comes": {func(*corev1.Node) {}, "a: cordoned"},
		"somebody else takes over": {func(node *corev1.Node) {
			node.Annotations[MarkKey] = `{"by":"them","at":"2026-03-01T12:00:00Z","for":"cordon"}`
		}, "a: left as it was: already cordoned 0s ago by them"},
		"somebody opens it": {func(node *corev1.Node) { node.Spec.Unschedulable = false }, "a: cordoned"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := start(t, []*corev1.Node{clustertest.Node("a", ""), clustertest.Node("b", "")})
			plan, err := PlanCordon(t.Context(), client, []string{"a"}, mark())
			if err != nil {
				t.Fatal(err)
			}
			client.Now = time.Now // for the pace
			loseAnswer(server, func() { server.UpdateNode("a", tc.then) })
			outcomes, err := Cordon(t.Context(), client, plan, ChangeOptions{})
			if diff := cmp.Diff([]string{tc.want}, nodeReport(outcomes)); diff != "" || err != nil {
				t.Errorf("outcomes (-want +got):\n%s%v", diff, err)
			}
		})
	}
}

func TestUncordonWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	node := clustertest.Node("a", "")
	node.Spec.Unschedulable = true
	server, client := start(t, []*corev1.Node{node, clustertest.Node("b", "")})
	plan, err := PlanUncordon(t.Context(), client, Wanted{Names: []string{"a"}}, "me")
	if err != nil {
		t.Fatal(err)
	}
	client.Now = time.Now // for the pace
	loseAnswer(server, func() {})
	if diff := cmp.Diff([]string{"a: uncordoned"}, nodeReport(Uncordon(t.Context(), client, plan, ChangeOptions{}))); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}
