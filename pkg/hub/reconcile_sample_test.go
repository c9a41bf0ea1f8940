package hub

import (
	"fmt"
	"testing"
)

// TestSampleStandsForTheOthers asks for some of many that are odd in the same way, and
// for all of them where the list turns out to be wrong about one of the sample.
func TestSampleStandsForTheOthers(t *testing.T) {
	t.Parallel()
	lost := func(w *scene, user string) { w.pod(user, hour) }
	missed := func(w *scene, user string) {
		w.launch(user, hour)
		w.skips[of(user)] = true
	}
	for name, test := range map[string]struct {
		orphans     func(w *scene, user string)
		ghosts      int
		sample      int
		asked, lost int
	}{
		"the list is right":                    {lost, 0, 10, 10, 30},
		"the list is wrong":                    {missed, 0, 10, 30, 0},
		"there are few":                        {lost, 0, 30, 30, 30},
		"nothing is taken for granted":         {lost, 0, 0, 30, 30},
		"one class does not speak for another": {missed, 20, 10, 30 + 10, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newScene()
			for i := range 30 {
				test.orphans(w, fmt.Sprint("user-", i))
			}
			for i := range test.ghosts {
				w.server(fmt.Sprint("ghost-", i), hour)
			}
			sources := w.sources()
			sources.Sample = test.sample
			look, err := LookOnce(t.Context(), sources, limits())
			if err != nil {
				t.Fatal(err)
			}
			found := map[Class]int{}
			for _, f := range look.Findings() {
				found[f.Class]++
			}
			if len(w.asked) != test.asked || found[Orphan] != test.lost || found[Ghost] != test.ghosts {
				t.Errorf("asked for %d by name, want %d; found %v", len(w.asked), test.asked, found)
			}
		})
	}
}
