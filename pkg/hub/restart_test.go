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
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

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
	var items []string
	for _, name := range slices.Sorted(maps.Keys(w.servers)) {
		items = append(items, aUser(name, w.servers[name]))
	}
	say(rw, http.StatusOK, fmt.Sprintf(`{"version": "5.5.0", "items": [%s], "_pagination": {"next": null}}`, strings.Join(items, ",")))
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

// A Hub that comes back with an empty database is told of, not waited for.
func TestRestartThatForgets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) {
		w.forget("a")
		w.forget("c")
		comesBack(w)
	})
	plan, opts := w.plan(t)
	opts.Timeout = 100 * time.Millisecond // it never will
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
			opts.Timeout = 50 * time.Millisecond // it never will
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

func TestPlanRestartOf(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		pods []*corev1.Pod
		want string // or an error's text
		fail bool
	}{
		"one that is ready":      {[]*corev1.Pod{hubPod("hub-1", corev1.ConditionTrue)}, "hub-1", false},
		"one that is not ready":  {[]*corev1.Pod{hubPod("hub-1", corev1.ConditionFalse)}, "hub-1", false},
		"none":                   {nil, "there is no Hub", true},
		"two":                    {[]*corev1.Pod{hubPod("hub-1", corev1.ConditionTrue), hubPod("hub-2", corev1.ConditionTrue)}, "there are 2 (hub-1, hub-2)", true},
		"one beside one evicted": {[]*corev1.Pod{hubPod("hub-1", corev1.ConditionTrue), evicted("hub-0")}, "hub-1", false},
		"one beside another's":   {[]*corev1.Pod{hubPod("hub-1", corev1.ConditionTrue), anothers("selenium-hub")}, "hub-1", false},
		"one that was evicted":   {[]*corev1.Pod{evicted("hub-0")}, "there is no Hub", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := clustertest.Start(t, tc.pods...).Client(clustertest.Namespace)
			plan, err := PlanRestart(t.Context(), client, Options{})
			if tc.fail {
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("error %v, want %s", err, tc.want)
				}
				return
			}
			if err != nil || plan.Pod != tc.want {
				t.Errorf("%+v, %v", plan, err)
			}
			if plan.Grave() == "" {
				t.Error("that nothing is known of the Hub's deployment is no concern")
			}
		})
	}
}

func evicted(name string) *corev1.Pod {
	pod := hubPod(name, corev1.ConditionFalse)
	pod.Status.Phase, pod.Status.Reason = corev1.PodFailed, "Evicted"
	return pod
}

// anothers is the pod of other software that has a hub, too.
func anothers(name string) *corev1.Pod {
	pod := hubPod(name, corev1.ConditionTrue)
	pod.Labels["app"] = "selenium"
	return pod
}

// Where JupyterHub's pod has gone, another software's is all that is left.
func TestPlanRestartOfAnotherSoftware(t *testing.T) {
	t.Parallel()
	plan, err := PlanRestart(t.Context(), clustertest.Start(t, anothers("selenium-hub")).Client(clustertest.Namespace), Options{})
	if err != nil || !strings.Contains(plan.Grave(), "may be no JupyterHub's") {
		t.Errorf("%q, %v", plan.Grave(), err)
	}
}

func TestConcerns(t *testing.T) {
	t.Parallel()
	settings := func(change func(*Settings)) Settings {
		s := Defaults()
		s.Read = true
		change(&s)
		return s
	}
	for name, tc := range map[string]struct {
		settings Settings
		unread   error
		grave    string
	}{
		"none":            {settings(func(*Settings) {}), nil, ""},
		"not read":        {Defaults(), errors.New("forbidden"), "cannot be read"},
		"no values":       {Defaults(), nil, "does not hold"},
		"cleans up":       {settings(func(s *Settings) { s.CleanupServers = true }), nil, "ends every session"},
		"keeps it in RAM": {settings(func(s *Settings) { s.Database = "sqlite-memory" }), nil, "forgets every session"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := RestartPlan{Settings: tc.settings}
			plan.Concerns = plan.aboutSettings(tc.unread)
			if got := plan.Grave(); (got == "") != (tc.grave == "") || !strings.Contains(got, tc.grave) {
				t.Errorf("grave: %q, want %q", got, tc.grave)
			}
		})
	}
}
