package hub

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// What is restarted is the pod of the plan, and no other.
func TestRestartOfAnother(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*world){
		"that is gone": func(w *world) { w.Remove(clustertest.Namespace, "hub-1") },
		"of that name": func(w *world) {
			w.Remove(clustertest.Namespace, "hub-1")
			pod := hubPod("hub-1", corev1.ConditionTrue)
			pod.UID = types.UID("another")
			w.Create(pod)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(*world) { t.Error("a pod was deleted") })
			plan, opts := w.plan(t)
			change(w)
			was := w.Pod(clustertest.Namespace, "hub-1")
			got, err := Restart(t.Context(), w.client, plan, opts)
			if err == nil || got.Stage != StageBegun || (w.Pod(clustertest.Namespace, "hub-1") == nil) != (was == nil) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// A lost answer does not mean that nothing was done, nor that it was.
func TestRestartWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for name, heard := range map[string]bool{"and was heard": true, "and was not heard": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, comesBack)
			var lost atomic.Bool
			w.Wrap(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					if r.Method != http.MethodDelete || lost.Swap(true) {
						next.ServeHTTP(rw, r)
						return
					}
					if heard {
						next.ServeHTTP(httptest.NewRecorder(), r)
					}
					panic(http.ErrAbortHandler)
				})
			})
			plan, opts := w.plan(t)
			got, err := Restart(t.Context(), w.client, plan, opts)
			if err != nil || got.Stage != StageCompared || got.New != "hub-2" || !got.Well() {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// What is measured is the Hub that is restarted, not one that a URL names.
func TestRestartBesideAnotherHub(t *testing.T) {
	t.Parallel()
	const another = "knows none of 3 user pods here"
	for name, says := range map[string]map[string]string{
		"with users of its own": {"x": readyServer, "y": readyServer},
		"with their namesakes":  {"a": strings.ReplaceAll(readyServer, "20:42", "08:15"), "b": strings.ReplaceAll(readyServer, "20:42", "08:15")},
		"with nobody":           {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, comesBack)
			w.servers = says
			plan, opts := w.plan(t)
			if !strings.Contains(plan.Unknown, another) || plan.Servers != 0 {
				t.Errorf("plan %+v", plan)
			}
			got, err := Restart(t.Context(), w.client, plan, opts)
			if err != nil || got.Stage != StageCompared || got.Servers != 0 || got.AnswersAfter != 0 || !strings.Contains(got.Unheard, another) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// A Hub at a URL that was away before shows afterwards whose it is.
func TestRestartOfASilentHubAtAURL(t *testing.T) {
	t.Parallel()
	w := newWorld(t, comesBack)
	plan, opts := w.plan(t)
	plan.servers, plan.Servers, plan.Unknown = nil, 0, "it did not answer"
	got, err := Restart(t.Context(), w.client, plan, opts)
	if err != nil || got.Unheard != "" || got.Servers != 3 {
		t.Errorf("%+v, %v", got, err)
	}
}
