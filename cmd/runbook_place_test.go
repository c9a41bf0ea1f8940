package cmd

import (
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
