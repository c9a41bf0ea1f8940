package incident

import (
	"strconv"
	"strings"
	"testing"
)

// Where it is checks that are long, a page for every other entry would help nobody.
func TestLongChecksMakeNoPages(t *testing.T) {
	t.Parallel()
	ana := newServer().desk(t, "ana", newClock(noon))
	in := New("too many pods", ana.Me, prod, noon)
	for range keptChecks {
		in.AddCheck(Check{At: noon, Results: []Result{{Name: "hub", State: Not, Says: strings.Repeat(".", softLimit/keptChecks)}}})
	}
	if err := ana.Store.Open(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	const notes = 8
	for n := range notes {
		if _, err := ana.Store.Add(t.Context(), in.ID, ana.Entry(Note, strconv.Itoa(n))); err != nil {
			t.Fatal(err)
		}
	}
	if in, err := ana.Store.Read(t.Context()); err != nil || in.Pages != 0 || len(in.Entries) != notes {
		t.Errorf("%d entries and %d pages: %v", len(in.Entries), in.Pages, err)
	}
}
