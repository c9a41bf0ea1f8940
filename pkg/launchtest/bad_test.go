package launchtest_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/launchtest/launchtesttest"
)

// verdict is what a launch that broke must come to.
type verdict struct {
	stage  launchtest.Stage
	cause  launchtest.Cause
	result launchtest.Result
	says   string // a part of it
}

func (v verdict) check(t *testing.T, l launchtest.Launch) {
	t.Helper()
	if l.Failure == nil {
		t.Fatalf("it went well; stages: %s", stagesOf(l))
	}
	if l.Failure.Stage != v.stage || l.Failure.Cause != v.cause || l.Result != v.result || !strings.Contains(l.Failure.Says, v.says) {
		t.Errorf("%s at %s by %q: %s\nstages: %s", l.Result, l.Failure.Stage, l.Failure.Cause, l.Failure.Says, stagesOf(l))
	}
}

// TestRefusals has BinderHub fail in each way that it has.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const built = `{"phase": "built", "imageName": "reg/x:1", "message": "Found built image, launching...\n"}`
	const launching = `{"phase": "launching", "message": "Launching server...\n"}`
	for name, test := range map[string]struct {
		events []string
		verdict
	}{
		"accept": {
			[]string{`{"phase": "failed", "status_code": 400, "message": "Missing Accept header: text/event-stream\n"}`},
			verdict{launchtest.Connect, launchtest.BadRequest, launchtest.Failed, "Missing Accept"},
		},
		"rate limit": {
			[]string{`{"phase": "failed", "status_code": 429, "message": "Rate limit exceeded. Try again in 3600 seconds.\n"}`},
			verdict{launchtest.Connect, launchtest.RateLimited, launchtest.Refused, "3600"},
		},
		"banned address": {
			[]string{`{"phase": "failed", "status_code": 403, "message": "Requests from datacenter are not allowed\n"}`},
			verdict{launchtest.Connect, launchtest.BannedAddress, launchtest.Failed, "datacenter"},
		},
		"build token": {
			[]string{`{"phase": "failed", "status_code": 403, "message": "Invalid build token\n"}`},
			verdict{launchtest.Connect, launchtest.NotAllowed, launchtest.Failed, ""},
		},
		"log in": {
			[]string{`{"phase": "failed", "status_code": 403, "message": "Forbidden\n"}`},
			verdict{launchtest.Connect, launchtest.NotAllowed, launchtest.Failed, ""},
		},
		"provider": {
			[]string{`{"phase": "failed", "message": "No provider found for prefix nope\n"}`},
			verdict{launchtest.Resolve, launchtest.UnknownProvider, launchtest.Failed, "nope"},
		},
		"spec": {
			[]string{`{"phase": "failed", "message": "Spec is not of the form \"user/repo/ref\", provided: \"onlyuser\".\n"}`},
			verdict{launchtest.Resolve, launchtest.BadSpec, launchtest.Failed, "onlyuser"},
		},
		"banned repo": {
			[]string{`{"phase": "failed", "message": "Sorry, a/b is not allowed to launch. Please contact admins for more info!"}`},
			verdict{launchtest.Resolve, launchtest.BannedRepo, launchtest.Failed, ""},
		},
		"no such ref": {
			[]string{`{"phase": "failed", "message": "Could not resolve ref for gh:o/r/nope. Double check your URL and that your repo is public."}`},
			verdict{launchtest.Resolve, launchtest.UnknownRef, launchtest.Failed, ""},
		},
		"no way to the ref": {
			[]string{`{"phase": "failed", "message": "Error resolving ref for gh:minrk/ligo-binder/HEAD: HTTP 599: Could not resolve host: api.github.com\n"}`},
			verdict{launchtest.Resolve, launchtest.RefError, launchtest.Failed, "api.github.com"},
		},
		"GitHub's limit": {
			[]string{`{"phase": "failed", "message": "Error resolving ref for gh:o/r/HEAD: GitHub rate limit exceeded. Try again in 12 minutes.\n"}`},
			verdict{launchtest.Resolve, launchtest.GitHubLimit, launchtest.Failed, "12 minutes"},
		},
		"total quota": {
			[]string{built, `{"phase": "failed", "message": "Too many users on this BinderHub! Try again soon.\n"}`},
			verdict{launchtest.Registry, launchtest.TotalQuota, launchtest.Refused, ""},
		},
		"quota of a repository": {
			[]string{built, `{"phase": "failed", "message": "Too many users running https://example.com/fake/repo.git! Try again soon.\n"}`},
			verdict{launchtest.Registry, launchtest.RepoQuota, launchtest.Refused, ""},
		},
		"build": {
			[]string{`{"phase": "waiting"}`, `{"phase": "Building", "message": "Step 1"}`, `{"phase": "Failure", "message": "Error during build: boom\n"}`},
			verdict{launchtest.Build, launchtest.BuildFailed, launchtest.Failed, "boom"},
		},
		"build without a word": {
			[]string{`{"phase": "waiting"}`, `{"phase": "building", "message": "ERROR: no space left on device\n"}`, `{"phase": "failed"}`},
			verdict{launchtest.Build, launchtest.BuildFailed, launchtest.Failed, "no space left"},
		},
		"unseen build": {
			[]string{`{"phase": "waiting"}`, `{"phase": "failed", "message": "Unhandled error watching for build events. Please try again.\n"}`},
			verdict{launchtest.Build, launchtest.BuildUnseen, launchtest.Failed, ""},
		},
		"Hub down": {
			[]string{built, launching, `{"phase": "launching", "message": "Launch attempt 1 failed, retrying...\n"}`, `{"phase": "failed", "status_code": 500, "message": "Failed to create temporary user for reg/x:1\n"}`},
			verdict{launchtest.HubUser, launchtest.NoHub, launchtest.Failed, ""},
		},
		"spawn refused": {
			[]string{built, launching, `{"phase": "failed", "status_code": 500, "message": "Failed to launch image reg/x:1\n"}`},
			verdict{launchtest.Spawn, launchtest.SpawnRefused, launchtest.Failed, ""},
		},
		"no node": {
			[]string{
				built, launching, `{"phase": "launching", "message": "Server requested\n"}`,
				`{"phase": "launching", "message": "2026-08-21T10:00:00Z [Warning] 0/3 nodes are available: 3 Insufficient memory.\n"}`,
				`{"phase": "failed", "status_code": 500, "message": "Image reg/x:1 for user u took too long to launch\n"}`,
			},
			verdict{launchtest.Schedule, launchtest.NoNode, launchtest.Failed, "Insufficient memory"},
		},
		"no image": {
			[]string{
				built, launching, `{"phase": "launching", "message": "[Normal] Successfully assigned prod/j to n1\n"}`,
				`{"phase": "launching", "message": "[Warning] Failed to pull image \"reg/x:1\": manifest unknown\n"}`,
				`{"phase": "failed", "status_code": 500, "message": "Image reg/x:1 for user u failed to launch\n"}`,
			},
			verdict{launchtest.Pull, launchtest.NoImage, launchtest.Failed, "manifest unknown"},
		},
		"no sandbox": {
			[]string{
				built, launching, `{"phase": "launching", "message": "[Normal] Successfully assigned prod/j to n1\n"}`,
				`{"phase": "launching", "message": "[Warning] Failed to create pod sandbox: rpc error\n"}`,
				`{"phase": "failed", "status_code": 500, "message": "Spawn failed: Timeout\n"}`,
			},
			verdict{launchtest.Start, launchtest.PodFailed, launchtest.Failed, "rpc error"},
		},
		"spawn failed": {
			[]string{built, launching, `{"phase": "launching", "message": "Server requested\n"}`, `{"phase": "failed", "status_code": 500, "message": "Spawn failed: Timeout\n"}`},
			verdict{launchtest.Spawn, launchtest.SpawnFailed, launchtest.Failed, "Timeout"},
		},
		"too long": {
			[]string{built, launching, `{"phase": "launching", "message": "Server requested\n"}`, `{"phase": "failed", "status_code": 500, "message": "Image reg/x:1 for user u took too long to launch\n"}`},
			verdict{launchtest.Spawn, launchtest.SpawnSlow, launchtest.Failed, ""},
		},
		"has a server": {
			[]string{built, `{"phase": "failed", "status_code": 409, "message": "User u already has a running server.\n"}`},
			verdict{launchtest.HubUser, launchtest.ServerExists, launchtest.Failed, ""},
		},
		"no reason": {
			[]string{built, launching, `{"phase": "failed"}`},
			verdict{launchtest.HubUser, launchtest.SpawnFailed, launchtest.Failed, ""},
		},
		"a secret in what it says": {
			[]string{`{"phase": "failed", "message": "could not use token=abcdefg123 there\n"}`},
			verdict{launchtest.Resolve, launchtest.Unexplained, launchtest.Failed, "token=… there"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stand(t, func(s *launchtesttest.Stream) {
				for _, event := range test.events {
					s.Event(event)
				}
				s.Hold() // as BinderHub does
			})
			launch := run(t.Context(), t, options(t, s.URL))
			test.check(t, launch)
			// A BinderHub that waits no longer leaves the Hub to it.
			told := strings.Join(test.events, "")
			if named := strings.Contains(told, "for user u "); named != (launch.User == "u") {
				t.Errorf("the user is named: %t, and it is %q", named, launch.User)
			}
			if left := strings.Contains(told, "took too long"); left != (launch.Cleanup != "") {
				t.Errorf("a server may still come up: %t, and it says %q", left, launch.Cleanup)
			}
		})
	}
}

// TestStreams has the stream fail in each way that it can.
func TestStreams(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tell func(*launchtesttest.Stream)
		verdict
	}{
		"ends before anything": {
			func(*launchtesttest.Stream) {},
			verdict{launchtest.Resolve, launchtest.BrokenOff, launchtest.Failed, "ended before"},
		},
		"ends in the build": {
			func(s *launchtesttest.Stream) { s.Event(`{"phase": "building", "message": "x"}`) },
			verdict{launchtest.Build, launchtest.BrokenOff, launchtest.Failed, "ended before build"},
		},
		"breaks within an event": {
			func(s *launchtesttest.Stream) {
				s.Raw(`data: {"phase": "buil`)
				panic(http.ErrAbortHandler)
			},
			verdict{launchtest.Resolve, launchtest.BrokenOff, launchtest.Failed, "ended before"},
		},
		"never says anything": {
			func(s *launchtesttest.Stream) { s.Raw("\n"); s.Hold() },
			verdict{launchtest.Resolve, launchtest.Silent, launchtest.TimedOut, "nothing was heard"},
		},
		"a byte now and then": {
			func(s *launchtesttest.Stream) {
				s.Raw(`data: {"phase": "`)
				for s.Request.Context().Err() == nil {
					s.Raw("x")
					time.Sleep(5 * time.Millisecond)
				}
			},
			verdict{launchtest.Resolve, launchtest.Silent, launchtest.TimedOut, "nothing was heard"},
		},
		"signs of life and nothing else": {
			func(s *launchtesttest.Stream) {
				s.Event(`{"phase": "waiting", "message": "Waiting for build to start...\n"}`)
				for s.Request.Context().Err() == nil {
					s.Raw(":keepalive\n\n")
					time.Sleep(10 * time.Millisecond)
				}
			},
			verdict{launchtest.Queue, launchtest.StageTooLong, launchtest.TimedOut, "build queue took longer"},
		},
		"a server on another host": {
			func(s *launchtesttest.Stream) { s.Ready("http://192.0.2.1/user/x/") },
			verdict{launchtest.ServerUp, launchtest.ForeignServer, launchtest.Failed, "192.0.2.1"},
		},
		"a server nowhere": {
			func(s *launchtesttest.Stream) { s.Ready("ftp://x") },
			verdict{launchtest.Route, launchtest.Unexplained, launchtest.Failed, "not where"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stand(t, test.tell)
			opts := options(t, s.URL)
			opts.Silence = 200 * time.Millisecond
			opts.Limits = map[launchtest.Stage]time.Duration{launchtest.Queue: 400 * time.Millisecond}
			test.check(t, run(t.Context(), t, opts))
		})
	}
}

// TestServers has the user's server fail at each hop. It is stopped all the same.
func TestServers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		jupyter launchtesttest.Jupyter
		verdict
		left bool // it could not be stopped
	}{
		"never up":      {launchtesttest.Jupyter{NeverUp: true}, verdict{launchtest.ServerUp, launchtest.NoRoute, launchtest.Failed, "503"}, true},
		"bad token":     {launchtesttest.Jupyter{BadToken: true}, verdict{launchtest.ServerUp, launchtest.TokenRefused, launchtest.Failed, "403"}, true},
		"no kernel":     {launchtesttest.Jupyter{NoKernel: true}, verdict{launchtest.Kernel, launchtest.KernelFailed, launchtest.Failed, "500"}, false},
		"no websockets": {launchtesttest.Jupyter{NoSocket: true}, verdict{launchtest.Kernel, launchtest.KernelSilent, launchtest.Failed, "404"}, false},
		"dumb kernel":   {launchtesttest.Jupyter{Dumb: true}, verdict{launchtest.Kernel, launchtest.KernelSilent, launchtest.Failed, "kernel start took longer"}, false},
		"wrong answer":  {launchtesttest.Jupyter{Wrong: true}, verdict{launchtest.Computes, launchtest.WrongAnswer, launchtest.Failed, "printed"}, false},
		"raises":        {launchtesttest.Jupyter{Raises: true}, verdict{launchtest.Computes, launchtest.WrongAnswer, launchtest.Failed, "ModuleNotFoundError"}, false},
		"dies":          {launchtesttest.Jupyter{Dies: true}, verdict{launchtest.Computes, launchtest.KernelDied, launchtest.Failed, "it died"}, false},
		"not stopped":   {launchtesttest.Jupyter{NotStopped: true}, verdict{launchtest.Shutdown, launchtest.StillThere, launchtest.Failed, "still answers"}, true},
		"no stop":       {launchtesttest.Jupyter{NoStop: true}, verdict{launchtest.Shutdown, launchtest.ShutdownFailed, launchtest.Failed, "500"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stand(t, nil)
			s.Jupyter = test.jupyter
			opts := options(t, s.URL)
			opts.Limits = map[launchtest.Stage]time.Duration{
				launchtest.ServerUp: 300 * time.Millisecond, launchtest.Kernel: 300 * time.Millisecond, launchtest.Shutdown: 300 * time.Millisecond,
			}
			launch := run(t.Context(), t, opts)
			test.check(t, launch)
			if test.left != (launch.Cleanup != "") {
				t.Errorf("cleanup: %q", launch.Cleanup)
			}
		})
	}
}

func TestOtherLanguages(t *testing.T) {
	t.Parallel()
	for language, computed := range map[string]bool{"R": true, "julia": true, "bash": true, "c++": false} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			s := stand(t, nil)
			s.Jupyter.Language = language
			launch := run(t.Context(), t, options(t, s.URL))
			if launch.Result != launchtest.OK || launch.Computed != computed {
				t.Errorf("%+v", launch)
			}
		})
	}
}

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
			verdict{launchtest.Connect, launchtest.StageTooLong, launchtest.TimedOut, "connect took longer"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(test.handler)
			t.Cleanup(func() {
				server.CloseClientConnections()
				server.Close()
			})
			opts := options(t, server.URL)
			opts.Limits = map[launchtest.Stage]time.Duration{launchtest.Connect: 500 * time.Millisecond}
			test.check(t, run(t.Context(), t, opts))
		})
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	verdict{launchtest.Connect, launchtest.Unreachable, launchtest.Failed, "refused"}.check(t, run(t.Context(), t, options(t, gone.URL)))
	verdict{launchtest.Connect, launchtest.NoSuchHost, launchtest.Failed, "no-such-host.invalid"}.check(t, run(t.Context(), t, options(t, "http://no-such-host.invalid")))
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

// TestStopped ends the server that came of a launch also if the launch is ended:
// before there is one, while it comes up, and after.
func TestStopped(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tell    func(reached func()) func(*launchtesttest.Stream)
		jupyter launchtesttest.Jupyter
		stopped int
		left    bool
	}{
		"in the build": {func(reached func()) func(*launchtesttest.Stream) {
			return func(s *launchtesttest.Stream) {
				s.Event(`{"phase": "building", "message": "Step 1"}`)
				reached()
				s.Hold()
			}
		}, launchtesttest.Jupyter{}, 0, false},
		"while it comes up": {func(reached func()) func(*launchtesttest.Stream) {
			return func(s *launchtesttest.Stream) {
				s.Launching("Launching server...")
				s.Launching("Server requested")
				time.Sleep(50 * time.Millisecond)
				reached()
				time.Sleep(50 * time.Millisecond)
				s.Ready("")
			}
		}, launchtesttest.Jupyter{}, 1, false},
		"before it was heard that it is up": {func(reached func()) func(*launchtesttest.Stream) {
			return func(s *launchtesttest.Stream) {
				s.Raw(":keepalive\n\n")
				reached()
				launchtesttest.Cached(s)
			}
		}, launchtesttest.Jupyter{}, 1, false},
		"while it never comes up": {func(reached func()) func(*launchtesttest.Stream) {
			return func(s *launchtesttest.Stream) {
				s.Launching("Launching server...")
				time.Sleep(50 * time.Millisecond)
				reached()
				s.Hold()
			}
		}, launchtesttest.Jupyter{}, 0, true},
		"while a kernel is silent": {func(reached func()) func(*launchtesttest.Stream) {
			return func(s *launchtesttest.Stream) {
				s.Ready("")
				time.Sleep(100 * time.Millisecond)
				reached()
			}
		}, launchtesttest.Jupyter{Dumb: true}, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			s := stand(t, test.tell(stop))
			s.Jupyter = test.jupyter
			opts := options(t, s.URL)
			opts.Grace = 400 * time.Millisecond
			launch := run(ctx, t, opts)
			early := name == "before it was heard that it is up" // and all may be over before the stop is noticed
			if launch.Result != launchtest.Stopped && !early || s.Stopped() != test.stopped || s.Running() != 0 {
				t.Errorf("%s: %d stopped, %d run: %+v", launch.Result, s.Stopped(), s.Running(), launch.Failure)
			}
			if test.left != (launch.Cleanup != "") {
				t.Errorf("cleanup: %q", launch.Cleanup)
			}
		})
	}
}

// TestTooLong ends a launch that takes longer than the whole of it may.
func TestTooLong(t *testing.T) {
	t.Parallel()
	s := stand(t, nil)
	s.Jupyter.Dumb = true
	opts := options(t, s.URL)
	opts.Timeout = 300 * time.Millisecond
	launch := run(t.Context(), t, opts)
	verdict{launchtest.Kernel, launchtest.LaunchTooLong, launchtest.TimedOut, "the launch took longer"}.check(t, launch)
	if s.Running() != 0 || s.Stopped() != 1 {
		t.Errorf("%d run, %d were stopped", s.Running(), s.Stopped())
	}
}

// TestSplit sends a launch byte by byte.
func TestSplit(t *testing.T) {
	t.Parallel()
	s := stand(t, func(s *launchtesttest.Stream) {
		text := ":keepalive\r\n\r\ndata: {\"phase\": \"built\",\r\ndata: \"message\": \"Fünd\"}\r\n\r\n: x\n\ndata:{\"phase\":\"launching\",\"message\":\"Launching server...\"}\n\n"
		for i := range len(text) {
			s.Raw(text[i : i+1])
		}
		s.Ready("")
	})
	launch := run(t.Context(), t, options(t, s.URL))
	if launch.Result != launchtest.OK || !strings.HasPrefix(stagesOf(launch), "connect, resolve, registry, hub user, server up") {
		t.Errorf("%+v %s", launch.Failure, stagesOf(launch))
	}
}

// TestBigLog reads a build's log of 100 MB, with an event of 8 MB in it, in memory
// that does not grow with it.
func TestBigLog(t *testing.T) { //nolint:paralleltest // it measures memory
	if testing.Short() {
		t.Skip("it sends 100 MB")
	}
	line := `data: {"message": "` + strings.Repeat("x", 1000) + `", "phase": "building"}` + "\n\n"
	s := stand(t, func(s *launchtesttest.Stream) {
		s.Raw("data: {\"phase\": \"building\", \"message\": \"" + strings.Repeat("y", 8<<20) + "\"}\n\n")
		for range 1000 {
			s.Raw(strings.Repeat(line, 100))
		}
		s.Raw("data: {\"phase\": \"launching\", \"message\": \"" + strings.Repeat("z", 8<<20) + "\"}\n\n")
		s.Ready("")
	})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	opts := options(t, s.URL)
	lines, most := 0, 0
	opts.Tell = func(m launchtest.Moment) {
		if m.Log == "" {
			return
		}
		lines, most = lines+1, max(most, len(m.Log))
	}
	launch := run(t.Context(), t, opts)
	runtime.ReadMemStats(&after)
	if launch.Result != launchtest.OK || lines < 100_000 || most > launchtest.MostEvent {
		t.Errorf("%+v: %d lines, the longest of %d bytes", launch.Failure, lines, most)
	}
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 64<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
	if !strings.Contains(stagesOf(launch), "build, hub user") {
		t.Error(stagesOf(launch))
	}
	t.Logf("heap %d MB", after.HeapSys>>20)
}
