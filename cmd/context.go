package cmd

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/binderctl/binderctl/pkg/cluster/spelling"
)

// whichContext adds to an error about a kubeconfig which contexts there are, if the
// one that is to be used is none of them.
func whichContext(err error, loader clientcmd.ClientConfig, chosen string) error {
	raw, unread := loader.RawConfig()
	if unread != nil || len(raw.Contexts) == 0 {
		return err
	}
	wanted := cmp.Or(chosen, raw.CurrentContext)
	if _, there := raw.Contexts[wanted]; there || wanted == "" {
		return err
	}
	names := slices.Sorted(maps.Keys(raw.Contexts))
	if near := spelling.Near(wanted, names, spelling.Slips); len(near) > 0 {
		err = fmt.Errorf("%w: did you mean %s?", err, strings.Join(near, " or "))
	}
	return hintError{err, chooseContext(names)}
}

// chooseContext is the next step of who named none of the contexts there are.
func chooseContext(names []string) string { return "choose one with --context NAME: " + someOf(names) }
