package cmd

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/binderctl/binderctl/pkg/hub/hubtest"
)

// TestOrphansTokenStaysAtHome has a token in the environment and a call that leads
// elsewhere: whose Hub that is, the environment does not know.
func TestOrphansTokenStaysAtHome(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a")
	b.orphans(t.Context(), "--namespace", "binder").exits(1).says(hubTokenVariable + " is not used").says("no token")
	if asked := b.hub.Asked(); len(asked) != 0 {
		t.Errorf("the Hub was asked %s", asked)
	}
	b.orphans(t.Context(), "--namespace", "binder", "--hub-url", b.hub.URL).exits(0)
}

func TestTokenInTheClear(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"http://hub.example.org": true, "http://192.0.2.1:8081": true, "https://hub.example.org": false,
		"http://localhost:8081": false, "http://127.0.0.1:8081": false, "http://[::1]:8081": false, "": false,
	} {
		if f := hubURLFlag(address); f.inTheClear() != want {
			t.Errorf("%s: %t", address, !want)
		}
	}
}

// TestTokenOfAnotherProfile has a token in the environment and a call that names a
// profile, which has a Hub, and a token, of its own.
func TestTokenOfAnotherProfile(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a")
	var asked atomic.Int32
	b.hub.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.Header.Get("Authorization"), "of-another-hub") {
				asked.Add(1)
			}
			next.ServeHTTP(w, r)
		})
	})
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	token := write("token", hubtest.Token)
	config := func(more string) string {
		return write("config.yaml", "profiles:\n  staging:\n    context: test\n    hub-url: "+b.hub.URL+"\n"+more)
	}
	b.env[hubTokenVariable] = "of-another-hub"
	call := []string{"--profile", "staging", "--config"}
	b.orphans(t.Context(), append(call, config(""))...).exits(1).says(hubTokenVariable + " is not used").says("no token")
	b.orphans(t.Context(), append(call, config("    hub-token-file: "+token+"\n"))...).exits(0)
	if n := asked.Load(); n > 0 {
		t.Errorf("the token went %d times to the Hub of the profile", n)
	}
}
