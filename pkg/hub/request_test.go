package hub

import (
	"net/http"
	"testing"
)

// Names that a URL takes for directions ask nobody, least of all for a stop.
func TestNamesThatLeadElsewhere(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]Key{
		"here":          {".", ""},
		"up":            {"..", ""},
		"nobody":        {"", ""},
		"a server here": {"x", "."},
		"a server up":   {"x", ".."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := answering(t, func(w http.ResponseWriter, r *http.Request) {
				t.Errorf("%s %s was asked", r.Method, r.URL.Path)
				w.WriteHeader(http.StatusNoContent)
			})
			if answer, err := client.Stop(t.Context(), key); err == nil {
				t.Errorf("stop: %q", answer)
			}
		})
	}
}

func TestPathsOfNames(t *testing.T) {
	t.Parallel()
	for want, key := range map[string]Key{
		"users/x@y~z/server":             {"x@y~z", ""},
		"users/a%2F..%2Fb/servers/l%20b": {"a/../b", "l b"},
		"users/.../servers/.x":           {"...", ".x"},
	} {
		if got := serverPath(key); got != want || stays(got) != nil {
			t.Errorf("%q, want %q; %v", got, want, stays(got))
		}
	}
}
