package launchtest_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/binderctl/binderctl/pkg/launchtest"
)

// TestInFront has something in front of BinderHub answer in its place.
func TestInFront(t *testing.T) {
	t.Parallel()
	page := func(code int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		verdict
	}{
		"502":  {page(502, "text/html", "<html><head><title>502 Bad Gateway</title></head>nginx</html>"), verdict{launchtest.Connect, launchtest.BadGateway, launchtest.Failed, "502 Bad Gateway"}},
		"503":  {page(503, "text/html", "<h1>Service  Unavailable</h1>"), verdict{launchtest.Connect, launchtest.BadGateway, launchtest.Failed, "Service Unavailable"}},
		"504":  {page(504, "text/html", "<h1>upstream timed out</h1>"), verdict{launchtest.Connect, launchtest.BadGateway, launchtest.Failed, "upstream"}},
		"429":  {page(429, "text/plain", "slow down"), verdict{launchtest.Connect, launchtest.RateLimited, launchtest.Refused, "7s"}},
		"404":  {page(404, "text/plain", "404 page not found"), verdict{launchtest.Connect, launchtest.NotABinder, launchtest.Failed, "page not found"}},
		"page": {page(200, "text/html; charset=utf-8", "<title>Welcome to nginx!</title>"), verdict{launchtest.Connect, launchtest.NotABinder, launchtest.Failed, "Welcome to nginx!"}},
		"loop": {
			func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, r.URL.String(), http.StatusTemporaryRedirect)
			},
			verdict{launchtest.Connect, launchtest.RedirectLoop, launchtest.Failed, "leads back"},
		},
		"on and on": {
			func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, r.URL.Path+"x", http.StatusTemporaryRedirect)
			},
			verdict{launchtest.Connect, launchtest.RedirectLoop, launchtest.Failed, "redirected 10 times"},
		},
		"a lying length": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				w.Header().Set("Content-Length", "100000")
				_, _ = io.WriteString(w, "data: {\"phase\": \"waiting\"}\n\n")
			},
			verdict{launchtest.Queue, launchtest.BrokenOff, launchtest.Failed, "ended before"},
		},
		"says nothing": {
			func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			verdict{launchtest.Connect, launchtest.StageTooLong, launchtest.TimedOut, "connect took longer than 1m0s"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				test.check(t, run(t.Context(), t, inMemory(t, httptest.NewUnstartedServer(test.handler))))
			})
		})
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	verdict{launchtest.Connect, launchtest.Unreachable, launchtest.Failed, "refused"}.check(t, run(t.Context(), t, options(t, gone.URL)))
}

// TestNameLeadsNowhere has no name server know the BinderHub.
func TestNameLeadsNowhere(t *testing.T) {
	t.Parallel()
	opts := options(t, "http://binder.example.org")
	opts.Transport = &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "binder.example.org", IsNotFound: true}}
	}}
	verdict{launchtest.Connect, launchtest.NoSuchHost, launchtest.Failed, "lookup binder.example.org: no such host"}.check(t, run(t.Context(), t, opts))
}

// TestRedirected follows a federation's redirector, and says who answered.
func TestRedirected(t *testing.T) {
	t.Parallel()
	member := stand(t, nil)
	asked := 0
	redirector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.SetCookie(w, &http.Cookie{Name: "host", Value: `"` + member.URL + `"`, Path: r.URL.Path})
		w.Header().Set("Location", member.URL+r.URL.RequestURI())
		w.WriteHeader(http.StatusTemporaryRedirect)
	}))
	t.Cleanup(redirector.Close)
	launch := run(t.Context(), t, options(t, redirector.URL))
	if launch.Result != launchtest.OK || launch.Answered != member.URL || launch.Binder != redirector.URL || asked != 1 {
		t.Errorf("%+v %+v", launch, launch.Failure)
	}
	if got := member.Asked()[0].URL.Path; got != "/build/gh/owner/name/HEAD" {
		t.Errorf("asked for %s", got)
	}
}
