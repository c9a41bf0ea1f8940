package launchtest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/launchtest/launchtesttest"
)

// stand starts a stand-in for one test.
func stand(t *testing.T, tell func(*launchtesttest.Stream)) *launchtesttest.Server {
	t.Helper()
	return launchtesttest.Start(t, tell)
}

// standInMemory is stand for a test in a bubble, in which no real time passes and
// no goroutine may be left.
func standInMemory(t *testing.T, tell func(*launchtesttest.Stream)) (*launchtesttest.Server, launchtest.Options) {
	t.Helper()
	s := launchtesttest.Prepare()
	s.Tell = tell
	return s, inMemory(t, s.Server)
}

// inMemory starts a server in memory, and says how to launch from it.
func inMemory(t *testing.T, server *httptest.Server) launchtest.Options {
	t.Helper()
	transport := launchtesttest.InMemory(server)
	server.Start()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.CloseClientConnections()
		server.Close()
	})
	opts := options(t, server.URL)
	opts.Transport, opts.Timeout, opts.Grace = transport, 0, 0
	return opts
}

func options(t *testing.T, binder string) launchtest.Options {
	t.Helper()
	repo, err := launchtest.ParseRepo("owner/name", "")
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return launchtest.Options{
		Binder: binder, Repo: repo, Timeout: time.Minute, Grace: 5 * time.Second,
		Transport: transport, Agent: "test", Now: time.Now,
	}
}

// run launches and makes sure that nothing secret is in what comes back.
func run(ctx context.Context, t *testing.T, opts launchtest.Options) launchtest.Launch {
	t.Helper()
	var told strings.Builder
	if opts.Tell == nil {
		opts.Tell = func(m launchtest.Moment) { told.WriteString(m.Log + m.Note) }
	}
	launch := launchtest.Run(ctx, opts)
	text, err := json.Marshal(launch)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text)+told.String(), launchtesttest.Token) {
		t.Errorf("the token was told: %s\n%s", text, told.String())
	}
	if launch.Ended.IsZero() || launch.Result == "" {
		t.Errorf("the launch has no end: %s", text)
	}
	for i, span := range launch.Spans {
		if span.Ended.IsZero() || i > 0 && span.Began.Before(launch.Spans[i-1].Ended) {
			t.Errorf("stages overlap or do not end: %+v", launch.Spans)
		}
	}
	return launch
}

func stagesOf(l launchtest.Launch) string {
	var names []string
	for _, span := range l.Spans {
		names = append(names, string(span.Stage))
	}
	return strings.Join(names, ", ")
}

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

func TestLaunches(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tell   func(*launchtesttest.Stream)
		stages string
		built  bool
	}{
		"an image that is there": {
			launchtesttest.Cached,
			"connect, resolve, registry, hub user, spawn request, image pull, container start, route, server up, kernel start, kernel computes, shutdown", false,
		},
		"an image that is built": {
			launchtesttest.Built,
			"connect, resolve, build queue, fetch, build, push, registry, hub user, spawn request, image pull, container start, route, server up, kernel start, kernel computes, shutdown", true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stand(t, test.tell)
			s.Jupyter.UpAfter = 2
			launch := run(t.Context(), t, options(t, s.URL))
			if launch.Result != launchtest.OK || !launch.Computed || launch.Language != "python" {
				t.Fatalf("%+v %+v", launch, launch.Failure)
			}
			if got := stagesOf(launch); got != test.stages || launch.Built != test.built {
				t.Errorf("built: %v; stages: %s", launch.Built, got)
			}
			if launch.User != "owner-name-00000001" || launch.Answered != s.URL || launch.Image == "" {
				t.Errorf("%+v", launch)
			}
			if s.Running() != 0 || s.Stopped() != 1 {
				t.Errorf("%d servers run, %d were stopped", s.Running(), s.Stopped())
			}
		})
	}
}

// TestLateNews has Kubernetes tell of the pod's node after all that came of it:
// the launch goes not back for that, but for a container that is started again.
func TestLateNews(t *testing.T) {
	t.Parallel()
	s := stand(t, func(s *launchtesttest.Stream) {
		for _, message := range []string{
			"Launching server...", "Server requested", "[Normal] Created container: notebook", "[Normal] Successfully assigned prod/jupyter-a to n1",
			"[Normal] Started container notebook", "[Normal] Created container: notebook",
		} {
			s.Launching(message)
		}
		s.Ready("")
	})
	launch := run(t.Context(), t, options(t, s.URL))
	if got := stagesOf(launch); !strings.HasPrefix(got, "connect, resolve, hub user, spawn request, container start, route, container start, server up") {
		t.Errorf("stages: %s", got)
	}
}

// TestArrival times events by when they came, not by when there was time to take
// them in.
func TestArrival(t *testing.T) {
	t.Parallel()
	s := stand(t, func(s *launchtesttest.Stream) {
		s.Raw("data: {\"phase\": \"fetching\", \"message\": \"slow to show\"}\n\ndata: {\"phase\": \"building\", \"message\": \"quick\"}\n\n")
		s.Ready("")
	})
	var spent atomic.Int64 // with showing the first
	begin := time.Now()
	opts := options(t, s.URL)
	opts.Now = func() time.Time { return begin.Add(time.Duration(spent.Load())) }
	opts.Tell = func(m launchtest.Moment) {
		if m.Log == "slow to show" {
			spent.Store(int64(time.Minute))
		}
	}
	launch := run(t.Context(), t, opts)
	if took := launch.Took(launchtest.Fetch); took != 0 || !strings.Contains(stagesOf(launch), "fetch, build") {
		t.Errorf("fetch took %s; stages: %s", took, stagesOf(launch))
	}
}

// TestClockSetBack has this machine's clock be set back in the middle of a launch:
// no stage takes less than no time, which nobody could draw.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	s := stand(t, launchtesttest.Cached)
	var back atomic.Int64
	opts := options(t, s.URL)
	opts.Now = func() time.Time { return time.Now().Round(0).Add(-time.Duration(back.Load())) }
	opts.Tell = func(m launchtest.Moment) {
		if m.Stage == launchtest.Pull {
			back.Store(int64(time.Hour))
		}
	}
	launch := run(t.Context(), t, opts)
	for _, span := range launch.Spans {
		if span.Seconds < 0 || span.Took(launch.Ended) < 0 {
			t.Errorf("%s took %g s", span.Stage, span.Seconds)
		}
	}
}
