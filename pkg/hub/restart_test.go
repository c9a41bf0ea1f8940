package hub

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// hubPod is a hub pod that is ready, or not.
func hubPod(name string, ready corev1.ConditionStatus) *corev1.Pod {
	pod := clustertest.UserPod(name, "", time.Hour)
	pod.Labels = map[string]string{"app": "jupyterhub", "component": "hub"}
	pod.Annotations = nil
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: ready}}
	return pod
}

// world is a cluster with a Hub whose pod is replaced when it is deleted.
type world struct {
	*clustertest.Server
	client  *cluster.Client
	hub     string // its URL
	mu      sync.Mutex
	servers map[string]string // what the Hub says of users' servers
	busy    bool              // it answers nobody
}

// newWorld has users a, b and c, whom the Hub knows. What next does is done when
// the hub pod has been deleted.
func newWorld(t *testing.T, next func(*world)) *world {
	t.Helper()
	w := &world{servers: map[string]string{"a": readyServer, "b": readyServer, "c": readyServer}}
	w.Server = clustertest.Start(t, hubPod("hub-1", corev1.ConditionTrue))
	for name := range w.servers {
		pod := clustertest.UserPod(name, "", time.Hour)
		pod.CreationTimestamp = metav1.Date(2026, 11, 20, 20, 42, 33, 0, time.UTC) // a moment after its readyServer
		w.Create(pod)
	}
	api := httptest.NewServer(http.HandlerFunc(w.answer))
	t.Cleanup(api.Close)
	w.hub = api.URL
	w.client = w.Client(clustertest.Namespace)
	w.client.Now = time.Now
	w.Wrap(func(handler http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			before := w.Pod(clustertest.Namespace, "hub-1")
			handler.ServeHTTP(rw, r)
			if r.Method == http.MethodDelete && before != nil && w.Pod(clustertest.Namespace, "hub-1") == nil {
				next(w)
			}
		})
	})
	return w
}

func (w *world) answer(rw http.ResponseWriter, _ *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy {
		rw.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var items []string
	for _, name := range slices.Sorted(maps.Keys(w.servers)) {
		items = append(items, aUser(name, w.servers[name]))
	}
	say(rw, http.StatusOK, fmt.Sprintf(`{"version": "5.5.0", "items": [%s], "_pagination": {"next": null}}`, strings.Join(items, ",")))
}

func (w *world) isBusy(busy bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = busy
}

func (w *world) forget(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.servers, name)
}

func (w *world) plan(t *testing.T) (RestartPlan, RestartOptions) {
	t.Helper()
	opts := RestartOptions{Hub: Options{URL: w.hub, Token: "sesame"}, Timeout: time.Minute}
	plan, err := PlanRestart(t.Context(), w.client, opts.Hub)
	if err != nil {
		t.Fatal(err)
	}
	return plan, opts
}

func comesBack(w *world) { w.Create(hubPod("hub-2", corev1.ConditionTrue)) }

func TestRestart(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		next func(*world)
		want Restarted
		well bool
	}{
		"and all is as before": {
			comesBack,
			Restarted{Old: "hub-1", New: "hub-2", Stage: StageCompared, Before: 3, After: 3, Ended: []string{}, Servers: 3, Dropped: []string{}},
			true,
		},
		"and somebody left meanwhile": {
			func(w *world) {
				w.forget("a")
				w.Remove(clustertest.Namespace, "a")
				comesBack(w)
			},
			Restarted{Old: "hub-1", New: "hub-2", Stage: StageCompared, Before: 3, After: 2, Ended: []string{"a"}, Servers: 2, Dropped: []string{}},
			true,
		},
		"and the Hub ended the sessions": {
			func(w *world) {
				for _, name := range []string{"a", "b", "c"} {
					w.forget(name)
					w.Remove(clustertest.Namespace, name)
				}
				comesBack(w)
			},
			Restarted{Old: "hub-1", New: "hub-2", Stage: StageCompared, Before: 3, Ended: []string{"a", "b", "c"}, Dropped: []string{}},
			false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tc.next)
			plan, opts := w.plan(t)
			if plan.Sessions != 3 || plan.Servers != 3 || plan.Unknown != "" {
				t.Errorf("plan %+v", plan)
			}
			var stages []Stage
			opts.Tell = func(stage Stage) { stages = append(stages, stage) }
			got, err := Restart(t.Context(), w.client, plan, opts)
			if err != nil {
				t.Fatal(err)
			}
			got.ReadyAfter, got.AnswersAfter, got.AdoptedAfter = 0, 0, 0
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.Well() != tc.well {
				t.Errorf("well: %v", got.Well())
			}
			if diff := cmp.Diff([]Stage{StageDeleted, StageReady, StageAnswers, StageAdopted, StageCompared}, stages); diff != "" {
				t.Errorf("stages (-want +got):\n%s", diff)
			}
		})
	}
}

// A Hub that did not answer before, and comes back with an empty database, is not
// well: whoever goes by that would take every session for nobody's.
func TestRestartOfASilentHubThatForgets(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string][]string{"most": {"a", "c"}, "one": {"a"}, "nothing": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(w *world) {
				w.isBusy(false)
				for _, user := range lost {
					w.forget(user)
				}
				comesBack(w)
			})
			w.isBusy(true)
			plan, opts := w.plan(t)
			if plan.Unknown == "" {
				t.Fatal("the Hub answered")
			}
			got, err := Restart(t.Context(), w.client, plan, opts)
			if err != nil {
				t.Fatal(err)
			}
			if forgot := len(lost) == 2; got.Well() == forgot || (got.Forgot != "") != forgot {
				t.Errorf("well: %v, forgot: %q", got.Well(), got.Forgot)
			}
		})
	}
}

// A Hub that comes back with an empty database is told of, not waited for.
func TestRestartThatForgets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) {
		w.forget("a")
		w.forget("c")
		comesBack(w)
	})
	plan, opts := w.plan(t)
	opts.Timeout = time.Nanosecond // one look is enough: it never will
	got, err := Restart(t.Context(), w.client, plan, opts)
	if err == nil || !strings.Contains(err.Error(), "2 that it knew are missing") {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff([]string{"a", "c"}, got.Dropped); diff != "" || got.Well() {
		t.Errorf("well %v, dropped (-want +got):\n%s", got.Well(), diff)
	}
}

func TestRestartThatDoesNotComeBack(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		next func(*world)
		want string
		pod  string
	}{
		"no pod is made": {func(*world) {}, "no other pod was made", ""},
		"no node takes it": {func(w *world) {
			pod := hubPod("hub-2", corev1.ConditionFalse)
			pod.Status.Conditions = append(pod.Status.Conditions, corev1.PodCondition{
				Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Message: "0/8 nodes are available",
			})
			w.Create(pod)
		}, "pod hub-2 is not ready: no node takes it: 0/8 nodes are available", "hub-2"},
		"there is but another software's": {func(w *world) { w.Create(anothers("selenium-hub")) }, "no other pod was made", ""},
		"it is evicted at once":           {func(w *world) { w.Create(evicted("hub-2")) }, "no other pod was made", ""},
		"its volume does not come": {func(w *world) {
			pod := hubPod("hub-2", corev1.ConditionFalse)
			pod.Status.ContainerStatuses[0].State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}}
			w.Create(pod)
		}, "pod hub-2 is not ready: container notebook: ContainerCreating", "hub-2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tc.next)
			plan, opts := w.plan(t)
			opts.Timeout = time.Nanosecond // one look is enough: it never will
			got, err := Restart(t.Context(), w.client, plan, opts)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %s", err, tc.want)
			}
			if got.Stage != StageDeleted || got.New != tc.pod || got.Well() {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Who stops waiting has restarted the Hub all the same.
func TestRestartStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	w := newWorld(t, func(*world) { cancel() })
	plan, opts := w.plan(t)
	got, err := Restart(ctx, w.client, plan, opts)
	if !errors.Is(err, context.Canceled) || got.Stage != StageDeleted {
		t.Errorf("%+v, %v", got, err)
	}
}
