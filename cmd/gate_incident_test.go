package cmd

import (
	"errors"
	"testing"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/pkg/hub"
)

func TestPublicCommand(t *testing.T) {
	t.Parallel()
	for called, want := range map[string]string{
		"binderctl pods cull --kubeconfig=/home/ana/.kube/config --older-than=6h --yes=true":       "binderctl pods cull --older-than=6h",
		"binderctl nodes cordon --not-driving=true --reason='no network' --yes=true node-1":        "binderctl nodes cordon --reason='no network' node-1",
		"binderctl pods cull --kubeconfig='/home/ana/my keys/it'\\''s mine' --name='jupyter-*'":    "binderctl pods cull --name='jupyter-*'",
		"binderctl hub restart --reason='as --context=x says, --yes=true' --yes=true":              "binderctl hub restart --reason='as --context=x says, --yes=true'",
		"binderctl hub restart --config='/home/ana/my files/c.yaml' --reason=blind":                "binderctl hub restart --reason=blind",
		"binderctl hub restart --context=prod --hub-token-file=/home/ana/token --reason=blind":     "binderctl hub restart --reason=blind",
		"binderctl nodes drain --wait=true --quiet=true node-1":                                    "binderctl nodes drain --wait node-1",
		"binderctl pods cull --builds=true --force=false --older-than=1h --config=c --color=never": "binderctl pods cull --builds --force=false --older-than=1h",
	} {
		if got := publicCommand(called); got != want {
			t.Errorf("%s\nbecame %s\nwant   %s", called, got, want)
		}
	}
}

// A path with blanks is a path, of which a report has no part.
func TestCommandLineOfBlanks(t *testing.T) {
	t.Parallel()
	cmd := &cobra.Command{Use: "binderctl"}
	for flag, value := range map[string]string{"kubeconfig": "/home/ana/my keys/config", "reason": "it's slow", "age": "6h"} {
		cmd.Flags().String(flag, "", "")
		if err := cmd.Flags().Set(flag, value); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := publicCommand(commandLine(cmd)), `binderctl --age=6h --reason='it'\''s slow'`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// The timeline says what became of a Hub, not which stage was the last.
func TestRestartResult(t *testing.T) {
	t.Parallel()
	lost := errors.New("no answer")
	for want, test := range map[string]struct {
		stage hub.Stage
		err   error
	}{
		"restarted":          {hub.StageCompared, nil},
		"failed":             {hub.StageBegun, lost},
		"failed after ready": {hub.StageReady, lost},
	} {
		if got := restartResult(hub.Restarted{Stage: test.stage}, test.err); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
