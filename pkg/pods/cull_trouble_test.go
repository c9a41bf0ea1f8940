package pods

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

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
