package hub

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestClasses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		make          func(*scene)
		limits        func(*Limits)
		first, second []string // second is as first, if it is nil
	}{
		"all is well": {make: func(w *scene) { w.launch("a", hour) }},
		"an orphan": {
			make:  func(w *scene) { w.pod("a", 5*hour) },
			first: []string{"orphan a: the Hub has no such server; the pod is Running and 5h old"},
		},
		"an orphan that waits for a node": {
			make: func(w *scene) {
				w.pod("a", hour, func(p *UserPod) { p.Phase, p.Ready, p.Node = corev1.PodPending, false, "" })
			},
			first: []string{"orphan a: the Hub has no such server; the pod is Pending and 60m old"},
		},
		"an orphan to which the proxy leads": {
			make: func(w *scene) {
				w.pod("a", 5*hour)
				w.routes[of("a")] = true
			},
			first: []string{"orphan a: the Hub has no such server; the pod is Running and 5h old, and the proxy still leads to it"},
		},
		"another server of the same user": {
			make: func(w *scene) {
				w.launch("a", hour)
				w.pod("a", 5*hour, func(p *UserPod) { p.UID, p.Name, p.Key = "lab", "jupyter-a--lab", Key{"a", "lab"} })
			},
			first: []string{"orphan a--lab: the Hub has no such server; the pod is Running and 5h old"},
		},
		"a pod that is too young":             {make: func(w *scene) { w.pod("a", 5*minute) }},
		"a pod just at the limit":             {make: func(w *scene) { w.pod("a", 6*minute-2*time.Second) }},
		"a pod that may be no user's":         {make: func(w *scene) { w.pod("a", hour, func(p *UserPod) { p.Doubt = "controlled by Job x" }) }},
		"a pod with nobody's name":            {make: func(w *scene) { w.pod("", hour) }},
		"an orphan that was just asked to go": {make: func(w *scene) { w.pod("a", hour, asked(4*minute)) }},
		"an orphan that does not go": {
			make:  func(w *scene) { w.pod("a", hour, asked(20*minute)) },
			first: []string{"orphan a: the Hub has no such server; the pod was to be gone 20m ago and is still there, on node node-1"},
		},
		"an orphan that a finalizer holds": {
			make: func(w *scene) {
				w.pod("a", hour, asked(20*minute), func(p *UserPod) { p.Held = "example.org/hold" })
			},
			first: []string{"orphan a: the Hub has no such server; the pod was to be gone 20m ago and is still there, held by finalizer example.org/hold, on node node-1"},
		},
		"a namesake that the Hub knows, and the pod before it": {
			make: func(w *scene) {
				w.launch("a", minute)
				w.pod("a", hour, asked(time.Second), func(p *UserPod) { p.UID = "older" })
			},
		},

		"a ghost": {
			make:   func(w *scene) { w.server("a", hour) },
			first:  []string{"ghost? : the Hub says that it runs, and it has no pod"},
			second: []string{"ghost : the Hub says that it runs, and it has no pod"},
		},
		"a ghost whose pod has ended": {
			make: func(w *scene) {
				w.server("a", hour)
				w.pod("a", hour, func(p *UserPod) { p.Phase, p.Ready = corev1.PodFailed, false })
			},
			first:  []string{"ghost? a: the Hub says that it runs, and its pod has ended: Failed"},
			second: []string{"ghost a: the Hub says that it runs, and its pod has ended: Failed"},
		},
		"a ghost whose pod has ended long ago": {
			make: func(w *scene) {
				w.server("a", hour)
				w.pod("a", hour, endedFor(10*minute))
			},
			first: []string{"ghost a: the Hub says that it runs, and its pod has ended 10m ago: Succeeded"},
		},
		"a pod that has just ended": {
			make: func(w *scene) {
				w.server("a", hour)
				w.pod("a", hour, endedFor(minute))
			},
		},
		"no ghost: a pod with a doubt is a pod": {
			make: func(w *scene) {
				w.server("a", hour)
				w.pod("a", hour, func(p *UserPod) { p.Doubt = "no label app=jupyterhub" })
			},
		},

		"a start within its time": {make: func(w *scene) { w.server("a", 6*minute, pending(PendingSpawn)) }},
		"a start that takes for ever": {
			make: func(w *scene) {
				w.server("a", 20*minute, pending(PendingSpawn))
				w.pod("a", 20*minute, func(p *UserPod) { p.Phase = corev1.PodPending })
			},
			first: []string{"stuck a: it has been starting for 20m, and the Hub gives up after 5m; the pod is Pending and 20m old"},
		},
		"a start without a pod that takes for ever": {
			make:  func(w *scene) { w.server("a", 20*minute, pending(PendingSpawn)) },
			first: []string{"stuck : it has been starting for 20m, and the Hub gives up after 5m; there is no pod"},
		},
		"a failed start whose pod is being removed": {
			make: func(w *scene) {
				w.server("a", 10*minute, pending(PendingSpawn))
				w.pod("a", 10*minute, asked(3*minute))
			},
		},
		"a start of which nobody knows when it began": {
			make: func(w *scene) {
				w.server("a", 0, pending(PendingSpawn), func(s *Server) { s.Started = time.Time{} })
			},
		},
		"a start on a Hub of which nobody knows how patient it is": {
			make:   func(w *scene) { w.server("a", 20*minute, pending(PendingSpawn)) },
			limits: func(l *Limits) { l.Assumed = true },
		},
		"a stop without a pod": {
			make:   func(w *scene) { w.server("a", hour, pending(PendingStop)) },
			first:  []string{"stuck? : the Hub is stopping it, and it has no pod any more"},
			second: []string{"stuck : the Hub is stopping it, and it has no pod any more"},
		},
		"a stop under way": {
			make: func(w *scene) {
				w.server("a", hour, pending(PendingStop))
				w.pod("a", hour, asked(minute))
			},
		},
		"a stop whose pod does not go": {
			make: func(w *scene) {
				w.server("a", hour, pending(PendingStop))
				w.pod("a", hour, asked(10*minute))
			},
			first: []string{"stuck a: the Hub is stopping it; the pod was to be gone 10m ago and is still there, on node node-1"},
		},
		"a stop whose pod was never asked": {
			make: func(w *scene) {
				w.server("a", hour, pending(PendingStop))
				w.pod("a", hour)
			},
			first:  []string{"stuck? a: the Hub is stopping it, and nobody has asked the pod to go"},
			second: []string{"stuck a: the Hub is stopping it, and nobody has asked the pod to go"},
		},
		"a check": {
			make: func(w *scene) {
				w.server("a", hour, pending(PendingCheck))
				w.pod("a", hour)
			},
			first:  []string{"stuck? a: the Hub is checking it, and does not come to an end; the pod is Running and 60m old"},
			second: []string{"stuck a: the Hub is checking it, and does not come to an end; the pod is Running and 60m old"},
		},
		"a check after a restart": {
			make:   func(w *scene) { w.server("a", hour, pending(PendingCheck)) },
			limits: func(l *Limits) { l.HubSince = noon().Add(-2 * minute) },
		},
		"a rename": {make: func(w *scene) {
			w.server("a", hour, pending(PendingRename))
			w.pod("a", hour)
		}},

		"no route": {
			make: func(w *scene) {
				w.launch("a", hour)
				delete(w.routes, of("a"))
			},
			first:  []string{"unrouted? a: it runs, and the proxy does not lead to it"},
			second: []string{"unrouted a: it runs, and the proxy does not lead to it"},
		},
		"a stale route": {
			make:   func(w *scene) { w.routes[of("a")] = true },
			first:  []string{"stale-route? : the proxy leads there, and the Hub has no such server"},
			second: []string{"stale-route : the proxy leads there, and the Hub has no such server"},
		},

		"ready when nobody waited any more": {
			make: func(w *scene) {
				w.pod("a", 2*hour, func(p *UserPod) { p.ReadyAt = p.Created.Add(12 * minute) })
				w.server("a", 2*hour, func(s *Server) { s.LastActivity = noon().Add(-2*hour + 12*minute + 5*time.Second) })
			},
			limits: func(l *Limits) { l.StartTimeout = 20 * minute },
			first:  []string{"never-claimed a: it was ready 12m after its pod was made, when BinderHub had given up (10m); nobody has used it since"},
		},
		"ready late, and used": {
			make: func(w *scene) {
				w.pod("a", 2*hour, func(p *UserPod) { p.ReadyAt = p.Created.Add(12 * minute) })
				w.server("a", 2*hour, func(s *Server) { s.LastActivity = noon().Add(-hour) })
			},
			limits: func(l *Limits) { l.StartTimeout = 20 * minute },
		},
		"ready late, a minute ago": {
			make: func(w *scene) {
				w.pod("a", 13*minute, func(p *UserPod) { p.ReadyAt = p.Created.Add(12 * minute) })
				w.server("a", 13*minute, func(s *Server) { s.LastActivity = noon().Add(-minute) })
			},
			limits: func(l *Limits) { l.StartTimeout = 20 * minute },
		},
		"ready again after an hour, which is no first time": {
			make: func(w *scene) {
				w.pod("a", 2*hour, func(p *UserPod) { p.ReadyAt = p.Created.Add(hour) })
				w.server("a", 2*hour, func(s *Server) { s.LastActivity = noon().Add(-110 * minute) })
			},
		},

		"overdue": {
			make:   func(w *scene) { w.launch("a", 7*hour) },
			limits: func(l *Limits) { l.MaxAge = 6 * hour },
			first:  []string{"overdue a: it is 7h old, and the culler leaves none beyond 6h"},
		},
		"an old pod of a server that was started again": {
			make: func(w *scene) {
				w.pod("a", 7*hour)
				w.server("a", hour)
			},
			limits: func(l *Limits) { l.MaxAge = 6 * hour },
		},
		"an orphan is not also overdue": {
			make:   func(w *scene) { w.pod("a", 7*hour) },
			limits: func(l *Limits) { l.MaxAge = 6 * hour },
			first:  []string{"orphan a: the Hub has no such server; the pod is Running and 7h old"},
		},
		"as old as it likes": {make: func(w *scene) { w.launch("a", 700*hour) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, l := newScene(), limits()
			test.make(w)
			if test.limits != nil {
				test.limits(&l)
			}
			if test.first == nil {
				test.first = []string{}
			}
			if test.second == nil {
				test.second = test.first
			}
			first, second := looks(t, w, l)
			if diff := cmp.Diff(test.first, first); diff != "" {
				t.Errorf("at first (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.second, second); diff != "" {
				t.Errorf("in the end (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	w := newScene()
	w.launch("known", hour)
	w.launch("young", minute)
	w.pod("younger", minute)
	w.pod("lost", hour)
	w.pod("leaving", hour, asked(minute))
	w.pod("doubtful", hour, func(p *UserPod) { p.Doubt = "controlled by Job x" })
	w.pod("", hour, func(p *UserPod) { p.Doubt = "no annotation" })
	w.server("ghost", hour)
	look, err := LookOnce(t.Context(), w.sources(), limits())
	if err != nil {
		t.Fatal(err)
	}
	got := []int{look.Pods, look.Servers, look.TooYoung, look.Doubtful, look.Judged, look.Known, look.Unsettled()}
	if diff := cmp.Diff([]int{7, 3, 1, 2, 2, 1, 1}, got); diff != "" {
		t.Errorf("pods, servers, too young, doubtful, judged, known, unsettled (-want +got):\n%s", diff)
	}
}

func TestFindingsInOrder(t *testing.T) {
	t.Parallel()
	w := newScene()
	w.routes[of("route")] = true
	w.server("ghost", hour)
	w.pod("b", hour)
	w.pod("a", hour)
	w.pod("oldest", 2*hour)
	w.launch("ancient", 9*hour)
	l := limits()
	l.MaxAge = 6 * hour
	look, err := LookOnce(t.Context(), w.sources(), l)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range look.Findings() {
		got = append(got, string(f.Class)+" "+f.User)
	}
	if diff := cmp.Diff([]string{"orphan oldest", "orphan a", "orphan b", "ghost ghost", "stale-route route", "overdue ancient"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	ghost := look.Findings()[3]
	if ghost.Repo != "minrk/ligo-binder" || !strings.HasSuffix(ghost.Evidence, "it may pass by itself") {
		t.Errorf("the ghost: %+v", ghost)
	}
}
