package launchtest_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/launchtest/launchtesttest"
)

// TestStopped ends the server that came of a launch also if the launch is ended:
// before there is one, while it comes up, and after.
func TestStopped(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		at      launchtest.Stage // at which it is stopped
		tell    func(s *launchtesttest.Stream, stopped <-chan struct{})
		jupyter launchtesttest.Jupyter
		stopped int
		left    bool          // a server may still come up
		after   time.Duration // that it is stopped it ends, at the latest
	}{
		"in the build": {
			at: launchtest.Build, after: time.Second,
			tell: func(s *launchtesttest.Stream, _ <-chan struct{}) {
				s.Event(`{"phase": "building", "message": "Step 1"}`)
				s.Hold()
			},
		},
		"while it comes up": {
			at: launchtest.Spawn, stopped: 1, after: 11 * time.Second,
			tell: func(s *launchtesttest.Stream, stopped <-chan struct{}) {
				s.Launching("Launching server...")
				s.Launching("Server requested")
				<-stopped
				time.Sleep(10 * time.Second) // in a bubble
				s.Ready("")
			},
		},
		"while it never comes up": {
			at: launchtest.HubUser, left: true, after: launchtest.DefaultGrace,
			tell: func(s *launchtesttest.Stream, _ <-chan struct{}) {
				s.Launching("Launching server...")
				s.Hold()
			},
		},
		"while a kernel is silent": {
			at: launchtest.Kernel, jupyter: launchtesttest.Jupyter{Dumb: true}, stopped: 1, after: time.Second,
			tell: func(s *launchtesttest.Stream, _ <-chan struct{}) { s.Ready("") },
		},
		"while a server is silent": {
			at: launchtest.ServerUp, jupyter: launchtesttest.Jupyter{Silent: true}, left: true, after: time.Minute,
			tell: func(s *launchtesttest.Stream, _ <-chan struct{}) { s.Ready("") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, opts := standInMemory(t, nil)
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				var stopped time.Time
				opts.Tell = func(m launchtest.Moment) {
					if m.Stage == test.at && stopped.IsZero() {
						stopped = time.Now()
						stop()
					}
				}
				s.Tell = func(stream *launchtesttest.Stream) { test.tell(stream, ctx.Done()) }
				s.Jupyter = test.jupyter
				launch := run(ctx, t, opts)
				running := 0
				if test.jupyter.Silent {
					running = 1 // for all that is known
				}
				if launch.Result != launchtest.Stopped || s.Stopped() != test.stopped || s.Running() != running {
					t.Errorf("%s: %d stopped, %d run: %+v", launch.Result, s.Stopped(), s.Running(), launch.Failure)
				}
				if test.left != (launch.Cleanup != "") {
					t.Errorf("cleanup: %q", launch.Cleanup)
				}
				if took := time.Since(stopped); took > test.after {
					t.Errorf("it took %s to end, want %s", took, test.after)
				}
			})
		})
	}
}

// TestStoppedUnheard ends a server that came up when the launch had been stopped,
// before anything was heard of it. All may be over, too, before the stop is seen.
func TestStoppedUnheard(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s := stand(t, func(s *launchtesttest.Stream) {
		s.Raw(":keepalive\n\n")
		stop()
		launchtesttest.Cached(s)
	})
	launch := run(ctx, t, options(t, s.URL))
	if s.Stopped() != 1 || s.Running() != 0 || launch.Cleanup != "" {
		t.Errorf("%s: %d stopped, %d run: %q", launch.Result, s.Stopped(), s.Running(), launch.Cleanup)
	}
}

// TestTooLong ends a launch that takes longer than the whole of it may, and says
// what was seen last.
func TestTooLong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		jupyter launchtesttest.Jupyter
		verdict
		running int
	}{
		"without a word": {
			launchtesttest.Jupyter{Dumb: true},
			verdict{launchtest.Kernel, launchtest.LaunchTooLong, launchtest.TimedOut, "the launch took longer than 30s"},
			0,
		},
		"something answers": {
			launchtesttest.Jupyter{NeverUp: true},
			verdict{launchtest.ServerUp, launchtest.NoRoute, launchtest.Failed, "the launch took longer than 30s; last: the answer was 503 Service Unavailable"},
			1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, opts := standInMemory(t, nil)
				s.Jupyter = test.jupyter
				opts.Timeout = 30 * time.Second
				launch := run(t.Context(), t, opts)
				test.check(t, launch)
				if took := launch.Failure.At.Sub(launch.Began); took != opts.Timeout {
					t.Errorf("it broke after %s", took)
				}
				if s.Running() != test.running || (launch.Cleanup == "") != (test.running == 0) {
					t.Errorf("%d run: %q", s.Running(), launch.Cleanup)
				}
			})
		})
	}
}
