package hub

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// noon is when each test begins to look.
func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

const (
	minute = time.Minute
	hour   = time.Hour
)

// scene is a cluster, a Hub and a proxy. What happens between two steps of a look
// is in then, by the number of the step; each step takes a second.
type scene struct {
	now     time.Time
	pods    map[types.UID]UserPod
	servers map[Key]Server
	routes  map[Key]bool
	skips   map[Key]bool // servers that the Hub's list misses
	then    map[int]func(*scene)
	steps   int
	asked   []Key
	fails   map[int]error
}

func newScene() *scene {
	return &scene{
		now: noon(), pods: map[types.UID]UserPod{}, servers: map[Key]Server{}, routes: map[Key]bool{},
		skips: map[Key]bool{}, then: map[int]func(*scene){}, fails: map[int]error{},
	}
}

// The steps of a look.
const (
	podsBefore = iota + 1
	theView
	theRoutes
	byName
	podsAfter
	routesAgain
	podsAgain
	byNameAgain
)

// step lets happen what happens before a step.
func (w *scene) step(at int) error {
	w.steps = at
	if happens := w.then[at]; happens != nil {
		happens(w)
	}
	w.now = w.now.Add(time.Second)
	return w.fails[at]
}

func (w *scene) sources() Sources {
	again := false
	return Sources{
		Hub: w,
		Pods: func(context.Context) (Sighting, error) {
			at := podsBefore
			switch {
			case again:
				at = podsAgain
			case w.steps >= podsBefore:
				at, again = podsAfter, true
			}
			err := w.step(at)
			return Sighting{At: w.now, Pods: slices.Collect(maps.Values(w.pods))}, err
		},
		Routes: func(context.Context) (map[Key]bool, error) {
			at := theRoutes
			if again {
				at = routesAgain
			}
			err := w.step(at)
			return maps.Clone(w.routes), err
		},
		Each: func(ctx context.Context, n int, do func(context.Context, int) error) []error {
			errs := make([]error, n)
			at := byName
			if again {
				at = byNameAgain
			}
			err := w.step(at)
			for i := range n {
				errs[i] = errors.Join(err, do(ctx, i))
			}
			return errs
		},
	}
}

func (w *scene) View(context.Context) (View, error) {
	err := w.step(theView)
	view := View{Version: "5.3.0", Servers: map[Key]Server{}}
	for key, server := range w.servers {
		if !w.skips[key] {
			view.Servers[key] = server
		}
	}
	return view, err
}

func (w *scene) Server(_ context.Context, key Key) (Server, bool, error) {
	w.asked = append(w.asked, key)
	server, known := w.servers[key]
	return server, known, nil
}

func of(user string) Key { return Key{User: user} }

// pod puts the pod of a user's running server there, so old.
func (w *scene) pod(user string, old time.Duration, with ...func(*UserPod)) {
	p := UserPod{
		Namespace: "binder", Name: "jupyter-" + user, UID: types.UID("uid-of-" + user), Key: of(user),
		Created: noon().Add(-old), Phase: corev1.PodRunning, Ready: true, ReadyAt: noon().Add(-old + 10*time.Second),
		Node: "node-1", Repo: "minrk/ligo-binder",
	}
	for _, change := range with {
		change(&p)
	}
	w.pods[p.UID] = p
}

// server has the Hub know a user's server, ready and routed, so old.
func (w *scene) server(user string, old time.Duration, with ...func(*Server)) {
	s := Server{Key: of(user), Ready: true, Started: noon().Add(-old), LastActivity: noon(), RepoURL: "https://github.com/minrk/ligo-binder"}
	for _, change := range with {
		change(&s)
	}
	w.servers[s.Key] = s
	w.routes[s.Key] = true
}

// launch is a server that is as it should be.
func (w *scene) launch(user string, old time.Duration) {
	w.pod(user, old)
	w.server(user, old)
}

// stop ends the server of user a as it should.
func (w *scene) stop() {
	const user = "a"
	w.unpod(user)
	delete(w.servers, of(user))
	delete(w.routes, of(user))
}

func (w *scene) unpod(user string) { delete(w.pods, types.UID("uid-of-"+user)) }

func asked(ago time.Duration) func(*UserPod) {
	return func(p *UserPod) { p.GoneBy = noon().Add(-ago) }
}

func endedFor(ago time.Duration) func(*UserPod) {
	return func(p *UserPod) { p.Phase, p.Ready, p.EndedAt = corev1.PodSucceeded, false, noon().Add(-ago) }
}

func pending(what Pending) func(*Server) {
	return func(s *Server) { s.Ready, s.Pending = false, what }
}

func limits() Limits {
	settings := Defaults()
	settings.Read = true
	return settings.Limits()
}

// lines say what was found, without times.
func lines(look *Look) []string {
	list := []string{}
	for _, f := range look.Findings() {
		certain := ""
		if !f.Settled {
			certain = "?"
		}
		evidence, _, _ := strings.Cut(f.Evidence, "; seen ")
		list = append(list, fmt.Sprintf("%s%s %s: %s", f.Class, certain, strings.TrimPrefix(f.Pod, "jupyter-"), evidence))
	}
	return list
}

// looks takes both looks, if there is something to look at twice, and returns
// what each found.
func looks(t *testing.T, w *scene, limits Limits) (first, second []string) {
	t.Helper()
	look, err := LookOnce(t.Context(), w.sources(), limits)
	if err != nil {
		t.Fatal(err)
	}
	first = lines(look)
	if look.Unsettled() > 0 {
		w.now = w.now.Add(DefaultSettle)
		if err := look.Again(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return first, lines(look)
}

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

// TestWhatPasses has ordinary things happen at every moment of a look. None of
// them may be called wrong in the end.
func TestWhatPasses(t *testing.T) {
	t.Parallel()
	steps := []int{podsBefore, theView, theRoutes, byName, podsAfter, routesAgain, podsAgain, byNameAgain}
	replace := func(w *scene) { // by a namesake
		w.stop()
		w.launch("a", 0)
		p := w.pods["uid-of-a"]
		delete(w.pods, p.UID)
		p.UID, p.Created = "another", w.now
		w.pods[p.UID] = p
		w.server("a", 0, func(s *Server) { s.Started = w.now })
	}
	for name, test := range map[string]struct{ before, then func(*scene) }{
		"a launch": {func(*scene) {}, func(w *scene) { w.launch("a", -w.now.Sub(noon())) }},
		"a pod, and the Hub's word later": {
			func(w *scene) { w.server("a", 10*time.Second, pending(PendingSpawn)) },
			func(w *scene) { w.launch("a", 0) },
		},
		"a launch that the list misses": {
			func(w *scene) { w.launch("a", hour); w.skips[of("a")] = true },
			func(*scene) {},
		},
		"a stop that the list misses": {
			func(w *scene) { w.launch("a", hour); w.skips[of("a")] = true },
			func(w *scene) { w.stop() },
		},
		"a stop":             {func(w *scene) { w.launch("a", hour) }, func(w *scene) { w.stop() }},
		"a namesake instead": {func(w *scene) { w.launch("a", hour) }, replace},
		"the end of a stop": {
			func(w *scene) {
				w.launch("a", hour)
				w.server("a", hour, pending(PendingStop))
				delete(w.routes, of("a"))
				w.pod("a", hour, asked(0))
			},
			func(w *scene) { w.stop() },
		},
		"a stop: first the pod goes, the Hub hears of it within its 30 s": {
			func(w *scene) { w.launch("a", hour); w.unpod("a") },
			func(w *scene) { w.stop() },
		},
		"a route that comes late": {
			func(w *scene) { w.launch("a", hour); delete(w.routes, of("a")) },
			func(w *scene) { w.routes[of("a")] = true },
		},
		"a stale route that goes": {
			func(w *scene) { w.routes[of("a")] = true },
			func(w *scene) { delete(w.routes, of("a")) },
		},
		"an orphan that the Hub adopts": {
			func(w *scene) { w.pod("a", hour) },
			func(w *scene) { w.server("a", hour) },
		},
		"an orphan that goes": {
			func(w *scene) { w.pod("a", hour) },
			func(w *scene) { w.stop() },
		},
	} {
		for _, at := range steps {
			t.Run(fmt.Sprintf("%s before step %d", name, at), func(t *testing.T) {
				t.Parallel()
				w := newScene()
				w.launch("bystander", hour)
				test.before(w)
				w.then[at] = test.then
				_, found := looks(t, w, limits())
				if late := tooLate(name, at); len(found) > 0 && !late {
					t.Errorf("found %q", found)
				}
			})
		}
	}
}

// tooLate is true of what happens only after the last time it could be seen, so
// that it was wrong whenever anybody looked.
func tooLate(name string, at int) bool {
	switch name {
	case "an orphan that the Hub adopts":
		return at > byName // orphans are looked at once; a cull asks again
	case "an orphan that goes":
		return at > podsAfter
	case "a route that comes late", "a stale route that goes":
		return at > routesAgain
	case "a stop: first the pod goes, the Hub hears of it within its 30 s":
		return at > byNameAgain
	default:
		return false
	}
}

// TestLostIsAskedForByName has a list of the Hub's miss every server.
func TestLostIsAskedForByName(t *testing.T) {
	t.Parallel()
	w := newScene()
	for i := range 30 {
		user := fmt.Sprint("user-", i)
		w.launch(user, hour)
		w.skips[of(user)] = true
	}
	first, _ := looks(t, w, limits())
	if len(first) > 0 || len(w.asked) != 30 {
		t.Errorf("asked for %d by name, and found %q", len(w.asked), first)
	}
}

func TestHealthyHubIsAskedNothingByName(t *testing.T) {
	t.Parallel()
	w := newScene()
	for i := range 30 {
		w.launch(fmt.Sprint("user-", i), 7*hour)
	}
	l := limits()
	l.MaxAge = 6 * hour // who is overdue need not be asked for
	if first, _ := looks(t, w, l); len(first) != 30 || len(w.asked) > 0 {
		t.Errorf("asked for %q, found %d", w.asked, len(first))
	}
}

// TestNoSightIsNoFinding has each step of a look fail.
func TestNoSightIsNoFinding(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	for _, at := range []int{podsBefore, theView, theRoutes, byName, podsAfter} {
		t.Run(fmt.Sprint("step ", at), func(t *testing.T) {
			t.Parallel()
			w := newScene()
			w.pod("a", hour)
			w.fails[at] = down
			if look, err := LookOnce(t.Context(), w.sources(), limits()); !errors.Is(err, down) || look != nil {
				t.Errorf("found %v, %v", look, err)
			}
		})
	}
	for _, at := range []int{routesAgain, podsAgain, byNameAgain} {
		t.Run(fmt.Sprint("step ", at), func(t *testing.T) {
			t.Parallel()
			w := newScene()
			w.server("a", hour)
			look, err := LookOnce(t.Context(), w.sources(), limits())
			if err != nil {
				t.Fatal(err)
			}
			w.fails[at] = down
			if err := look.Again(t.Context()); !errors.Is(err, down) {
				t.Errorf("the error is %v", err)
			}
			if diff := cmp.Diff([]string{"ghost? : the Hub says that it runs, and it has no pod"}, lines(look)); diff != "" {
				t.Errorf("after a second look that failed (-want +got):\n%s", diff)
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
