package cmd

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	seen := history{}
	line := func(now float64) *statusLine {
		return &statusLine{Name: "nodes", State: stateOK, trend: trend{of: "unhealthy nodes", now: now}}
	}
	seen.add(line(1))
	got := seen.add(&statusLine{Name: "nodes", State: stateUnknown})
	if diff := cmp.Diff([]float64{1}, got); diff != "" {
		t.Errorf("what could not be seen counts: %s", diff)
	}
	for i := range 2 * remembered {
		got = seen.add(line(float64(i)))
	}
	if len(got) != remembered || got[remembered-1] != 2*remembered-1 {
		t.Errorf("%d are remembered, the last %v", len(got), got[len(got)-1])
	}
	told := line(7)
	told.trend.past = []float64{3, 4}
	if diff := cmp.Diff([]float64{3, 4}, seen.add(told)); diff != "" {
		t.Errorf("what the data tells of the past is not what is drawn: %s", diff)
	}
}

// TestDetails holds that a screen runs nothing that does more than look, and that
// what it runs is called as this one was.
func TestDetails(t *testing.T) {
	t.Parallel()
	app, _ := on80()
	app.Getenv = func(string) string { return "" }
	app.Now = statusNow
	app.Name = "kubectl binder"
	details := func(line statusLine) []string {
		return app.details(context.Background(), line, []string{"--namespace=elsewhere"}, 80)
	}
	acts := details(statusLine{words: []string{"launch", "test"}, acts: true, Next: "binderctl launch test"})
	if text := strings.Join(acts, "\n"); !strings.Contains(text, "yours to type") || !strings.Contains(text, "binderctl launch test") {
		t.Errorf("%q", text)
	}
	runs := strings.Join(details(statusLine{words: []string{"config", "view"}}), "\n")
	if !strings.Contains(runs, "elsewhere") {
		t.Errorf("it is not called as this was: %q", runs)
	}
	if help := strings.Join(details(statusLine{words: []string{"pods"}}), "\n"); !strings.Contains(help, "kubectl binder pods") {
		t.Errorf("it is called something else: %q", help)
	}
}

// TestDetailsOnlyLook holds that the details of an incident bring nothing to the cluster
// that only this machine knows, as the same command does when it is typed.
func TestDetailsOnlyLook(t *testing.T) {
	t.Parallel()
	b := newBinder(t)
	var mu sync.Mutex
	forbids, written := true, 0
	b.cluster.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if forbids {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			if r.Method != http.MethodGet && !strings.HasPrefix(r.URL.Path, "/apis/auth") { // those only ask
				written++
			}
			next.ServeHTTP(w, r)
		})
	})
	b.run(t.Context(), "incident", "open", "launches time out").says("written on THIS MACHINE ONLY")
	forbids = false
	app := b.app(io.Discard, io.Discard)
	shown := strings.Join(app.details(t.Context(), statusLine{words: []string{"incident", "status"}}, nil, 80), "\n")
	if written > 0 || !strings.Contains(shown, "no incident is open") {
		t.Errorf("%d times something was written; shown: %s", written, shown)
	}
	if b.run(t.Context(), "incident", "status"); written == 0 {
		t.Error("who types it brings nothing to the cluster, so the above tells nothing")
	}
}
