package launchtest_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/launchtest/launchtesttest"
)

// blind is a Hub that does not see its pods: it takes the server on and says no
// more.
func blind(s *launchtesttest.Stream) {
	s.Launching("Launching server...")
	s.Launching("Server requested")
	s.Repeat(":keepalive\n\n", 25*time.Second)
}

// TestOverlooked tells of a pod that is ready while the Hub says nothing, gives up
// long before the Hub does, and lets nobody wait who has stopped the launch.
func TestOverlooked(t *testing.T) {
	t.Parallel()
	const pod = "jupyter-owner-name-1"
	for name, test := range map[string]struct {
		readyAfter time.Duration // that it begins
		stopAfter  time.Duration // 0 is never
		verdict
		within time.Duration // it is over
		left   string
	}{
		"to the end": {
			3 * time.Second, 0,
			verdict{launchtest.Route, launchtest.Overlooked, launchtest.Failed, "pod " + pod + " has been ready for 1m0s and the Hub has not noticed"},
			64 * time.Second, "runs, and the Hub takes no notice",
		},
		"it becomes ready late": {
			100 * time.Second, 0,
			verdict{launchtest.Route, launchtest.Overlooked, launchtest.Failed, "has been ready for 1m0s"},
			161 * time.Second, "runs, and the Hub takes no notice",
		},
		"stopped": {
			3 * time.Second, 20 * time.Second,
			verdict{launchtest.Route, launchtest.ByOperator, launchtest.Stopped, "stopped"},
			21 * time.Second, "runs, and the Hub takes no notice",
		},
		"stopped before it could be told": {
			3 * time.Second, 8 * time.Second,
			verdict{launchtest.Spawn, launchtest.ByOperator, launchtest.Stopped, "stopped"},
			14 * time.Second, "runs, and the Hub takes no notice",
		},
		"it never becomes ready": {
			time.Hour, 20 * time.Second,
			verdict{launchtest.Spawn, launchtest.ByOperator, launchtest.Stopped, "stopped"},
			50 * time.Second, "may still come up",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, opts := standInMemory(t, blind)
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				if test.stopAfter > 0 {
					time.AfterFunc(test.stopAfter, stop)
				}
				ready := time.Now().Add(test.readyAfter)
				opts.Look = func(context.Context, launchtest.Launch) launchtest.Sight {
					if time.Now().Before(ready) {
						return launchtest.Sight{Pods: []string{pod}}
					}
					return launchtest.Sight{Pods: []string{pod}, Ready: ready}
				}
				var notes []string
				opts.Tell = func(m launchtest.Moment) {
					if m.Note != "" {
						notes = append(notes, m.Note)
					}
				}
				launch := run(ctx, t, opts)
				test.check(t, launch)
				if took := launch.Ended.Sub(launch.Began); took > test.within {
					t.Errorf("it took %s, want %s", took, test.within)
				}
				if !strings.HasPrefix(launch.Cleanup, test.left) {
					t.Errorf("cleanup: %q", launch.Cleanup)
				}
				if told := test.stage == launchtest.Route; told != (len(notes) > 0) {
					t.Errorf("it told %q", notes)
				}
			})
		})
	}
}

// TestNotOverlooked says nothing in the end of a pod that the Hub notices after all.
func TestNotOverlooked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, opts := standInMemory(t, func(s *launchtesttest.Stream) {
			s.Launching("Launching server...")
			s.Launching("Server requested")
			time.Sleep(30 * time.Second) // in a bubble
			s.Ready("")
		})
		began := time.Now()
		opts.Look = func(context.Context, launchtest.Launch) launchtest.Sight {
			return launchtest.Sight{Pods: []string{"p"}, Ready: began}
		}
		launch := run(t.Context(), t, opts)
		if launch.Result != launchtest.OK || launch.Overlooked != nil || s.Running() != 0 {
			t.Errorf("%s: %+v, %d run; %+v", launch.Result, launch.Overlooked, s.Running(), launch.Failure)
		}
	})
}

// TestLook finds the pod of a server that comes up, and since when it is ready: by
// what the Hub has told of it, else among those that were made when it was asked
// for.
func TestLook(t *testing.T) {
	t.Parallel()
	const asked = time.Minute // ago
	made := func(name string, age, ready time.Duration) *corev1.Pod {
		pod := launchedPod(name, name, age)
		if ready > 0 {
			pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(clustertest.Now().Add(-ready))}}
		}
		return pod
	}
	mine, other, coming := made("jupyter-mine", asked, 50*time.Second), made("jupyter-other", asked, 40*time.Second), made("jupyter-coming", asked, 0)
	before, after := made("jupyter-before", 2*time.Minute, 100*time.Second), made("jupyter-after", 10*time.Second, 5*time.Second)
	for name, test := range map[string]struct {
		user    string
		own     bool
		objects []runtime.Object
		pods    string
		ready   time.Duration // ago; 0 if one of them is not
	}{
		"the only one made then":  {"", true, []runtime.Object{mine, before, after}, "jupyter-mine", 50 * time.Second},
		"it is not ready yet":     {"", true, []runtime.Object{coming, before}, "jupyter-coming", 0},
		"two were made then":      {"", true, []runtime.Object{mine, other}, "jupyter-mine jupyter-other", 40 * time.Second},
		"one is not ready yet":    {"", true, []runtime.Object{mine, coming}, "jupyter-coming jupyter-mine", 0},
		"none was":                {"", true, []runtime.Object{before, after}, "", 0},
		"by its user":             {"jupyter-mine", false, []runtime.Object{mine, coming}, "jupyter-mine", 50 * time.Second},
		"somebody else's cluster": {"", false, []runtime.Object{mine}, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			launch := launchtest.Launch{Repo: "gh/Owner/Name/HEAD", User: test.user, Began: clustertest.Now().Add(-3 * asked), Spans: []launchtest.Span{
				{Stage: launchtest.Spawn, Began: clustertest.Now().Add(-2 * asked)}, // an earlier attempt
				{Stage: launchtest.Spawn, Began: clustertest.Now().Add(-asked)},
			}}
			got := launchtest.NewGatherer(clusterWith(test.objects...), test.own).Look(t.Context(), launch)
			var want time.Time
			if test.ready > 0 {
				want = clustertest.Now().Add(-test.ready)
			}
			if slices.Sort(got.Pods); strings.Join(got.Pods, " ") != test.pods || !got.Ready.Equal(want) {
				t.Errorf("%+v", got)
			}
		})
	}
}
