package launchtest_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/launchtest/launchtesttest"
)

// TestTrusted sends the token to another host once the operator says so.
func TestTrusted(t *testing.T) {
	t.Parallel()
	s := stand(t, nil)
	s.Tell = func(stream *launchtesttest.Stream) {
		stream.Ready(strings.Replace(stream.URL(), "127.0.0.1", "localhost", 1))
	}
	opts := options(t, s.URL)
	launch := run(t.Context(), t, opts)
	verdict{launchtest.ServerUp, launchtest.ForeignServer, launchtest.Failed, "localhost"}.check(t, launch)
	if launch.Cleanup == "" || s.Stopped() != 0 {
		t.Errorf("that it was not stopped has to be said: %+v", launch)
	}
	opts.TrustHosts = []string{"localhost"}
	if launch := run(t.Context(), t, opts); launch.Result != launchtest.OK {
		t.Errorf("%+v", launch.Failure)
	}
}

// TestForeign has a server on a host that looks like BinderHub's: it is asked
// nothing, and learns no token.
func TestForeign(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{
		"another host":          "http://192.0.2.1/user/x/",
		"the host as a user":    "http://binder.example.org@evil.example.com/user/x/",
		"user and password":     "http://binder.example.org:80@evil.example.com/user/x/",
		"the host as a path":    "http://evil.example.com/binder.example.org/user/x/",
		"the host as a prefix":  "http://binder.example.org.evil.example.com/user/x/",
		"the host as an ending": "http://evilexample.org/user/x/",
		"the host in a query":   "http://evil.example.com?binder.example.org/user/x/",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, opts := standInMemory(t, func(s *launchtesttest.Stream) { s.Ready(address) })
				launch := run(t.Context(), t, opts)
				verdict{launchtest.ServerUp, launchtest.ForeignServer, launchtest.Failed, "and BinderHub at binder.example.org: its token was not sent there"}.check(t, launch)
				if s.Used() != 0 || launch.Cleanup == "" || strings.Contains(launch.Server, "@") {
					t.Errorf("it was asked %d times: %q, %q", s.Used(), launch.Server, launch.Cleanup)
				}
			})
		})
	}
}

// TestNotItsOwn has BinderHub call something ready that is not the server it made:
// told to stop, it would be the Hub that stops, or somebody's session.
func TestNotItsOwn(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{
		"the Hub":               "http://binder.example.org/hub/",
		"the root":              "http://binder.example.org",
		"out of the user":       "http://binder.example.org/user/../hub/",
		"out of the user, once": "http://binder.example.org/user/x/../../hub/",
		"out, escaped":          "http://binder.example.org/user/x/%2e%2e/%2e%2e/hub/",
		"somebody else":         "http://binder.example.org/user/somebody-else/",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, opts := standInMemory(t, func(s *launchtesttest.Stream) {
					s.Event(`{"phase": "launching", "message": "Server ready at /user/x/"}`)
					s.Ready(address)
				})
				launch := run(t.Context(), t, opts)
				verdict{launchtest.ServerUp, launchtest.ForeignServer, launchtest.Failed, "its token was not sent there"}.check(t, launch)
				if s.Used() != 0 || launch.Cleanup == "" {
					t.Errorf("it was asked %d times: %q, %q", s.Used(), launch.Server, launch.Cleanup)
				}
			})
		})
	}
}

// TestAnotherAttempt has BinderHub try again, with another user: that server is
// this launch's.
func TestAnotherAttempt(t *testing.T) {
	t.Parallel()
	s := stand(t, nil)
	s.Tell = func(stream *launchtesttest.Stream) {
		stream.Event(`{"phase": "launching", "message": "Server ready at /user/another/"}`)
		stream.Event(`{"phase": "launching", "message": "Launch attempt 1 failed, retrying..."}`)
		stream.Event(fmt.Sprintf(`{"phase": "launching", "message": "Server ready at %s"}`, strings.TrimPrefix(stream.URL(), s.URL)))
		stream.Ready(stream.URL())
	}
	if launch := run(t.Context(), t, options(t, s.URL)); launch.Result != launchtest.OK {
		t.Errorf("%+v", launch.Failure)
	}
}
