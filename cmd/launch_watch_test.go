package cmd

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/launchtest/launchtesttest"
	"github.com/binderctl/binderctl/pkg/launchtest/watch"
)

// buffer is a stream that may be read while it is written.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// watching is a watch under way, of a stand-in and faster than anybody may be.
type watching struct {
	t        *testing.T
	out, err buffer
	cancel   context.CancelFunc
	ended    chan error
}

// beginWatch watches as the flags say, which call takes after they were parsed.
func beginWatch(t *testing.T, call []string, change func(*launchWatchOptions)) *watching {
	t.Helper()
	w := &watching{t: t, ended: make(chan error, 1)}
	app := &App{Now: time.Now, Getenv: func(string) string { return "" }}
	app.Term = ui.NewTerminal(ui.Streams{In: strings.NewReader(""), Out: &w.out, Err: &w.err, Getenv: app.Getenv, Now: time.Now})
	opts := launchWatchOptions{failAfter: ofFlag{3, 5}}
	opts.where.add(&cobra.Command{})
	opts.every, opts.freshEvery, opts.backoffMost = ageFlag{20 * time.Millisecond, true}, ageFlag{20 * time.Millisecond, true}, ageFlag{time.Hour, true}
	opts.concurrency, opts.timeout, opts.recover, opts.listen, opts.onFailLimit = 4, time.Minute, 2, "127.0.0.1:0", time.Minute
	change(&opts)
	ctx, cancel := context.WithCancel(t.Context())
	w.cancel = cancel
	go func() {
		repos, err := opts.repos(call)
		if err != nil {
			w.ended <- err
			return
		}
		binders, err := app.watchedBinders(ctx, &opts, repos)
		if err != nil {
			w.ended <- err
			return
		}
		defer binders.close()
		plan, err := app.planWatch(&opts, binders, repos)
		if err == nil {
			err = app.runWatch(ctx, &opts, plan)
		}
		w.ended <- err
	}()
	t.Cleanup(cancel)
	return w
}

// stop stops it as a SIGTERM does, and wants it to end well.
func (w *watching) stop() {
	w.t.Helper()
	w.cancel()
	select {
	case err := <-w.ended:
		if err != nil {
			w.t.Errorf("the watch ended with %v", err)
		}
	case <-time.After(time.Minute):
		w.t.Fatal("the watch does not end")
	}
	if all := w.out.String() + w.err.String(); strings.Contains(all, launchtesttest.Token) {
		w.t.Errorf("a token was told:\n%s", all)
	}
}

// until waits for a condition.
func (w *watching) until(what string, is func() bool) {
	w.t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-deadline.C:
			w.t.Fatalf("waited in vain until %s\nstdout: %s\nstderr: %s", what, w.out.String(), w.err.String())
		}
	}
}

// reports are the lines on stdout so far.
func (w *watching) reports() []watch.Report {
	w.t.Helper()
	var reports []watch.Report
	lines := bufio.NewScanner(strings.NewReader(w.out.String()))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r watch.Report
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			continue // it is being written
		}
		reports = append(reports, r)
	}
	return reports
}

var addressPattern = regexp.MustCompile(`metrics at (http://\S+)/metrics`)

// get reads a page of the watch.
func (w *watching) get(path string) (code int, text string) {
	w.t.Helper()
	w.until("it serves", func() bool { return addressPattern.MatchString(w.err.String()) })
	response, err := http.Get(addressPattern.FindStringSubmatch(w.err.String())[1] + path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestWatchReportsAndMeasures(t *testing.T) {
	t.Parallel()
	binder := launchtesttest.Start(t, nil)
	w := beginWatch(t, []string{"binder-examples/requirements"}, func(o *launchWatchOptions) {
		o.where.url.hubURLFlag = hubURLFlag(binder.URL)
		o.fresh = textsFlag{"binder-examples/requirements"}
	})
	w.until("each target was launched twice", func() bool { return len(w.reports()) >= 4 })
	_, metrics := w.get("/metrics")
	host := strings.TrimPrefix(binder.URL, "http://")
	for _, want := range []string{
		`binderctl_launch_state{fresh="false",member="` + host + `",repo="gh/binder-examples/requirements/HEAD",state="ok"} 1`,
		`binderctl_launch_state{fresh="true",member="` + host + `",repo="gh/binder-examples/requirements/HEAD",state="failing"} 0`,
		`binderctl_launch_total{fresh="true",member="` + host + `",repo="gh/binder-examples/requirements/HEAD",result="failed"} 0`,
		`binderctl_launch_stage_duration_seconds_bucket{fresh="false",member="` + host + `",repo="gh/binder-examples/requirements/HEAD",stage="kernel computes",le="+Inf"}`,
		"binderctl_launch_last_success_timestamp_seconds{", "binderctl_launch_watch_heartbeat_timestamp_seconds ", "go_goroutines ",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics have no %s", want)
		}
	}
	if code, text := w.get("/healthz"); code != http.StatusOK {
		t.Errorf("health is %d %s", code, text)
	}
	w.stop()
	if running := binder.Running(); running != 0 || binder.Stopped() == 0 {
		t.Errorf("%d servers were left, %d were stopped", running, binder.Stopped())
	}
	spelt := map[string]int{}
	for _, r := range w.reports() {
		if r.Launch.Result == launchtest.OK && r.State != watch.Well {
			t.Errorf("a launch was well, and the state is %s", r.State)
		}
		if r.Target.Fresh {
			spelt[r.Launch.Repo]++
		}
	}
	for repo, n := range spelt {
		if n > 1 || repo == "gh/binder-examples/requirements/HEAD" {
			t.Errorf("a fresh build was asked for as %s, %d times", repo, n)
		}
	}
}

func TestWatchAlertsAndGivesTheAllClear(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	sick := true
	var events []string
	binder := launchtesttest.Start(t, func(s *launchtesttest.Stream) {
		mu.Lock()
		defer mu.Unlock()
		if sick {
			s.Event(`{"phase": "failed", "message": "Failed to create temporary user for reg/x:1\n"}`)
			return
		}
		launchtesttest.Cached(s)
	})
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var a watch.Alert
		_ = json.NewDecoder(r.Body).Decode(&a)
		mu.Lock()
		defer mu.Unlock()
		events = append(events, string(a.Event))
		sick = false
	}))
	t.Cleanup(hook.Close)
	w := beginWatch(t, []string{"owner/name"}, func(o *launchWatchOptions) {
		o.where.url.hubURLFlag, o.webhook = hubURLFlag(binder.URL), secretURLFlag(hook.URL)
	})
	w.until("the all-clear is given", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(events) >= 2
	})
	w.stop()
	if want := []string{"failing", "recovered"}; !slices.Equal(events, want) {
		t.Errorf("alerts %v, want %v", events, want)
	}
	reports := w.reports()
	if got := reports[2]; got.State != watch.Failing || !slices.Equal(got.Events, []watch.Event{watch.Fails}) {
		t.Errorf("after three failures: %s, %v", got.State, got.Events)
	}
	for _, want := range []string{"warning: failing: ", "3 of the last 3 launches; the last broke at hub user", "binderctl hub status", "well again: "} {
		if !strings.Contains(w.err.String(), want) {
			t.Errorf("stderr has no %q:\n%s", want, w.err.String())
		}
	}
}

func TestWatchLeavesAloneWhatRefuses(t *testing.T) {
	t.Parallel()
	binder := launchtesttest.Start(t, func(s *launchtesttest.Stream) {
		s.Event(`{"phase": "failed", "status_code": 429, "message": "Rate limit exceeded. Try again in 3600 seconds.\n"}`)
	})
	w := beginWatch(t, []string{"owner/a", "owner/b", "owner/c"}, func(o *launchWatchOptions) {
		o.where.url.hubURLFlag, o.every = hubURLFlag(binder.URL), ageFlag{150 * time.Millisecond, true}
	})
	w.until("it was refused four times in a row", func() bool {
		reports := w.reports()
		return len(reports) > 0 && reports[len(reports)-1].Refusals >= 4
	})
	if asked := len(binder.Asked()); asked > 6 { // up to three were under way at first
		t.Errorf("it was asked %d times", asked)
	}
	_, metrics := w.get("/metrics")
	if strings.Contains(metrics, `state="failing"} 1`) || strings.Count(metrics, `state="refused"} 1`) != 3 {
		t.Errorf("the states are not refused:\n%s", metrics)
	}
	w.stop()
}

func TestWatchEndsTheServersItBegan(t *testing.T) {
	t.Parallel()
	binder := launchtesttest.Prepare()
	binder.Jupyter.Dumb = true // a kernel that never answers: the launch stays under way
	var asked atomic.Bool      // that kernel
	stand := binder.Config.Handler
	binder.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked.Store(asked.Load() || strings.HasSuffix(r.URL.Path, "/channels"))
		stand.ServeHTTP(rw, r)
	})
	binder.Start()
	t.Cleanup(func() {
		binder.CloseClientConnections()
		binder.Close()
	})
	w := beginWatch(t, []string{"owner/name"}, func(o *launchWatchOptions) { o.where.url.hubURLFlag = hubURLFlag(binder.URL) })
	w.until("the kernel of a server is asked", func() bool { return asked.Load() && binder.Running() == 1 })
	w.stop()
	if binder.Running() != 0 || binder.Stopped() != 1 {
		t.Errorf("%d servers were left: %s", binder.Running(), w.out.String())
	}
	if reports := w.reports(); len(reports) != 1 || reports[0].Launch.Result != launchtest.Stopped || reports[0].Launch.Cleanup != "" {
		t.Errorf("reported %+v", reports)
	}
}

func TestWatchGoesOnWithoutItsWebhook(t *testing.T) {
	t.Parallel()
	binder := launchtesttest.Start(t, func(s *launchtesttest.Stream) { s.Event(`{"phase": "failed", "message": "no\n"}`) })
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // after which its end is noticed
		<-r.Context().Done()
	}))
	t.Cleanup(silent.Close)
	w := beginWatch(t, []string{"owner/name"}, func(o *launchWatchOptions) {
		o.where.url.hubURLFlag, o.webhook, o.onFail = hubURLFlag(binder.URL), secretURLFlag(silent.URL+"/s3cr3t"), "exit 7"
	})
	w.until("it was launched often", func() bool { return len(w.reports()) >= 8 })
	if code, text := w.get("/healthz"); code != http.StatusOK {
		t.Errorf("health is %d %s", code, text)
	}
	w.until("the command was run", func() bool { return strings.Contains(w.err.String(), "exit status 7") })
	w.stop()
	if strings.Contains(w.err.String(), "s3cr3t") {
		t.Errorf("the webhook's address was told:\n%s", w.err.String())
	}
}
