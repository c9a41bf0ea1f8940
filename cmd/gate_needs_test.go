package cmd

import (
	"slices"
	"testing"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/pkg/incident"
)

// changes reports whether a need is that of a change to the cluster: of something
// else than what only asks, leads through to a pod, or keeps an incident.
func (n need) changes() bool {
	asks := []string{"get", "list", "watch", "impersonate"}
	if n.Resource == "pods/portforward" || n.Resource == "configmaps" || n.Resource == "leases" {
		return false
	}
	return slices.ContainsFunc(n.Verbs, func(verb string) bool { return !slices.Contains(asks, verb) })
}

// Whatever changes a cluster goes through the gate, and so has what it takes to
// heed an incident and to join its timeline.
func TestEveryChangeJoinsTheTimeline(t *testing.T) {
	t.Parallel()
	var changing []string
	walk(newRoot(&App{}), func(cmd *cobra.Command) {
		needs := needsOf(cmd)
		if !slices.ContainsFunc(needs, need.changes) {
			return
		}
		changing = append(changing, cmd.CommandPath())
		for _, object := range []string{incident.ConfigMapName, incident.LeaseName} {
			joins := func(n need) bool { return slices.Contains(n.Names, object) && slices.Contains(n.Verbs, "update") }
			if !slices.ContainsFunc(needs, joins) {
				t.Errorf("%s changes a cluster, and may not write %s", cmd.CommandPath(), object)
			}
		}
	})
	want := []string{
		"binderctl pods cull", "binderctl pods orphans", "binderctl nodes cordon", "binderctl nodes uncordon",
		"binderctl nodes drain", "binderctl nodes reclaim", "binderctl hub restart",
	}
	slices.Sort(changing)
	slices.Sort(want)
	if !slices.Equal(changing, want) {
		t.Errorf("these change a cluster: %q, want %q; a new one wants a look whether it goes through the gate", changing, want)
	}
}
