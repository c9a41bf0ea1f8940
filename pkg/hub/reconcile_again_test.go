package hub

import (
	"fmt"
	"testing"
	"time"
)

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
