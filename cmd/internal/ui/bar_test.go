package ui

import "testing"

func TestBar(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		n, max, width   int
		blocks, inASCII string
	}{
		"nothing":       {0, 10, 10, "", ""},
		"of nothing":    {0, 0, 10, "", ""},
		"no room":       {5, 10, 0, "", ""},
		"less":          {-1, 10, 10, "", ""},
		"a trace":       {1, 10_000, 10, "▏", "#"},
		"half":          {5, 10, 5, "██▌", "##"},
		"seven eighths": {7, 8, 1, "▉", "#"},
		"all":           {10, 10, 5, "█████", "#####"},
		"more than all": {20, 10, 5, "█████", "#####"},
	} {
		equal(t, newFixture(t, setup{}).Bar(c.n, c.max, c.width), c.blocks)
		if got := newFixture(t, setup{env: map[string]string{"LANG": "C"}}).Bar(c.n, c.max, c.width); got != c.inASCII {
			t.Errorf("%s: got %q, want %q", name, got, c.inASCII)
		}
	}
}
