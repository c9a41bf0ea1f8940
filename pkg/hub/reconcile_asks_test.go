package hub

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
