package cmd

import "testing"

func TestPublicCommand(t *testing.T) {
	t.Parallel()
	for called, want := range map[string]string{
		"binderctl pods cull --kubeconfig=/home/ana/.kube/config --older-than=6h --yes=true":       "binderctl pods cull --older-than=6h",
		"binderctl nodes cordon --not-driving=true --reason=no network --yes=true node-1":          "binderctl nodes cordon --reason=no network node-1",
		"binderctl hub restart --context=prod --hub-token-file=/home/ana/token --reason=blind":     "binderctl hub restart --reason=blind",
		"binderctl nodes drain --wait=true --quiet=true node-1":                                    "binderctl nodes drain --wait node-1",
		"binderctl pods cull --builds=true --force=false --older-than=1h --config=c --color=never": "binderctl pods cull --builds --force=false --older-than=1h",
	} {
		if got := publicCommand(called); got != want {
			t.Errorf("%s\nbecame %s\nwant   %s", called, got, want)
		}
	}
}
