package cmd

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/pods"
)

// A finding is no failure: the exit code tells, and nothing is said of it.
func TestUnhealthyIsSilent(t *testing.T) {
	t.Parallel()
	var out, errOut bytes.Buffer
	app := &App{Term: ui.NewTerminal(ui.Streams{In: &bytes.Buffer{}, Out: &out, Err: &errOut})}
	if code := app.conclude(unhealthyError{}); code != exitUnhealthy {
		t.Errorf("exit code %d, want %d", code, exitUnhealthy)
	}
	if said := out.String() + errOut.String(); said != "" {
		t.Errorf("said %q, want nothing", said)
	}
}

// Who lacks a right is told of the role for the very command that was called.
func TestMissingRightsNameTheCommand(t *testing.T) {
	t.Parallel()
	app := &App{called: "binderctl nodes cordon"}
	app.global.kube = kubeFlags()
	*app.global.kube.Context = "prod"
	err := &cluster.MissingPermissionError{Permission: cluster.Permission{Verb: "patch", Resource: "nodes"}}
	if got := app.hint(err); !strings.Contains(got, "binderctl rbac nodes cordon; what you may do: kubectl --context prod auth can-i --list") {
		t.Errorf("hint %q", got)
	}
}

// A misspelt namespace looks like an empty one.
func TestEmptyNamespace(t *testing.T) {
	t.Parallel()
	app, _, said := terminal80()
	if got := app.hint(fmt.Errorf("find the hub pod: %w in namespace prodd", hub.ErrNoHub)); got != otherNamespace {
		t.Errorf("hint %q", got)
	}
	app.summarize(pods.Plan{Where: cluster.Location{Namespace: "prodd"}})
	if !strings.Contains(said.String(), "no user's pod is in namespace prodd: is it the right one?") {
		t.Errorf("said %q", said)
	}
}

// More patience is advised only where it may help.
func TestUnreachedHints(t *testing.T) {
	t.Parallel()
	app := &App{}
	for err, patience := range map[error]bool{cluster.ErrSilent: true, cluster.ErrNoConnection: false} {
		got := app.hint(fmt.Errorf("list pods: %w", err))
		if !strings.HasPrefix(got, unreachedHint) || strings.Contains(got, "--request-timeout") != patience {
			t.Errorf("%v: hint %q", err, got)
		}
	}
}

// Whoever stops a command is told so in words, and what that means.
func TestStoppedInWords(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	app := &App{}
	for want, err := range map[string]error{
		"stopped":                      stopped(ended),
		"stopped, nothing was changed": app.agree(ended, &cluster.Client{}, change{yes: true}),
		"list pods: stopped":           fmt.Errorf("list pods: %w", context.Canceled),
	} {
		if got := inWords(err); got != want || exitCode(err) != exitCancelled {
			t.Errorf("said %q with exit code %d, want %q with %d", got, exitCode(err), want, exitCancelled)
		}
	}
}

// What is printed to be pasted is one command, whatever a cluster calls its things.
func TestTypedIsOneCommand(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"binder-examples/requirements": "binder-examples/requirements",
		"https://a.example:8443/x=1h":  "https://a.example:8443/x=1h",
		"":                             "''",
		"a\n--yes":                     "'a\n--yes'",
		"{a,--force}":                  "'{a,--force}'",
		"x!!":                          "'x!!'",
		"$(id)'":                       `'$(id)'\'''`,
		"né":                           "'né'",
	} {
		if got := typed([]string{word}); got != want {
			t.Errorf("%q is typed as %s, want %s", word, got, want)
		}
	}
}
