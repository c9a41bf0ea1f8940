package cmd

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A step is called where the runbook is: a mend on another cluster than the one
// that was named would be the worst that can happen.
func TestStepsAreCalledWhereTheRunbookIs(t *testing.T) {
	t.Parallel()
	app, _ := on80()
	root := newRoot(app)
	run, _, err := root.Find([]string{"runbook", "run"})
	if err != nil {
		t.Fatal(err)
	}
	if err := run.ParseFlags([]string{"--context", "staging", "-n", "binder", "--kubeconfig=/k", "--as", "ana", "--as-group", "sre", "--as-group", "ops", "--dry-run"}); err != nil {
		t.Fatal(err)
	}
	want := []string{"--as=ana", "--as-group=sre", "--as-group=ops", "--context=staging", "--kubeconfig=/k", "--namespace=binder"}
	if diff := cmp.Diff(want, passedOn(run)); diff != "" {
		t.Error(diff)
	}
}

// TestAWalkStaysWhereItBegan has somebody choose another context in another window
// while a runbook is walked through, whose steps mend without asking.
func TestAWalkStaysWhereItBegan(t *testing.T) {
	t.Parallel()
	here, elsewhere := newBinder(t, "ana"), newBinder(t, "ben")
	asked := atomic.Int32{}
	elsewhere.cluster.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			next.ServeHTTP(w, r)
		})
	})
	here.said = func(text string) {
		if strings.Contains(text, "-- 2/") {
			here.point(elsewhere.cluster.URL())
		}
	}
	here.run(t.Context(), "runbook", "run", "hub-blind", "--yes").
		says(`this run is for context test, server http://\S+,\s+namespace binder, and the\s+kubeconfig leads to`)
	if n := asked.Load(); n > 0 {
		t.Errorf("%d requests went to the other cluster", n)
	}
}
