package spelling

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNear(t *testing.T) {
	t.Parallel()
	names := []string{"profiles", "profile", "namespace", "context"}
	for name, c := range map[string]struct {
		mistyped string
		want     []string
	}{
		"a letter left out":           {"contxt", []string{"context"}},
		"two that are as near":        {"profilex", []string{"profile", "profiles"}},
		"the nearest first":           {"profles", []string{"profiles", "profile"}},
		"capitals":                    {"NameSpce", []string{"namespace"}},
		"three slips are another one": {"namespace-in", nil},
		"a beginning":                 {"name", []string{"namespace"}},
		"hardly a beginning":          {"con", nil},
		"nothing":                     {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, Near(c.mistyped, names, Slips)); diff != "" {
				t.Errorf("near %q (-want +got):\n%s", c.mistyped, diff)
			}
		})
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"kitten", "sitting", 3}, {"node-1", "node-2", 1}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
