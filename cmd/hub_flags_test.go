package cmd

import "testing"

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
