package launchtest_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/launchtest/launchtesttest"
)

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
			verdict{launchtest.Resolve, launchtest.Silent, launchtest.TimedOut, "nothing was heard of it for 1m20s"},
		},
		"a byte now and then": {
			func(s *launchtesttest.Stream) {
				s.Raw(`data: {"phase": "`)
				s.Repeat("x", time.Second)
			},
			verdict{launchtest.Resolve, launchtest.Silent, launchtest.TimedOut, "nothing was heard"},
		},
		"signs of life and nothing else": {
			func(s *launchtesttest.Stream) {
				s.Event(`{"phase": "waiting", "message": "Waiting for build to start...\n"}`)
				s.Repeat(":keepalive\n\n", 25*time.Second)
			},
			verdict{launchtest.Queue, launchtest.StageTooLong, launchtest.TimedOut, "build queue took longer than 10m0s"},
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
			synctest.Test(t, func(t *testing.T) {
				_, opts := standInMemory(t, test.tell)
				opts.Limits = map[launchtest.Stage]time.Duration{launchtest.Queue: 10 * time.Minute}
				test.check(t, run(t.Context(), t, opts))
			})
		})
	}
}
