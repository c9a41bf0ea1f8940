package ui

import "testing"

func TestSpark(t *testing.T) {
	t.Parallel()
	utf8, ascii := NewTerminal(Streams{Getenv: func(name string) string {
		return map[string]string{"LANG": "C.UTF-8"}[name]
	}}), NewTerminal(Streams{})
	for _, c := range []struct {
		values []float64
		width  int
		want   string
		plain  string
	}{
		{nil, 5, "", ""},
		{[]float64{0, 0}, 5, "  ", "  "},
		{[]float64{0, 1, 100, 50}, 5, " ▁█▅", " .@+"},
		{[]float64{9, 1, 2}, 2, "▅█", "+@"},
		{[]float64{1}, 0, "", ""},
		{[]float64{-1, 3}, 4, " █", " @"},
	} {
		if got := utf8.Spark(c.values, c.width); got != c.want {
			t.Errorf("%v in %d: %q, want %q", c.values, c.width, got, c.want)
		}
		if got := ascii.Spark(c.values, c.width); got != c.plain {
			t.Errorf("%v in %d without Unicode: %q, want %q", c.values, c.width, got, c.plain)
		}
	}
}
