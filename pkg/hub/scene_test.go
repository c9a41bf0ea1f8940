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

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// noon is when each test begins to look.
func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

const (
	minute = time.Minute
	hour   = time.Hour
)

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
