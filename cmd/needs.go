package cmd

import (
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// need is a permission that a command uses, as RBAC words it. What a command
// says it needs is checked before it begins and is what its role in deploy/rbac
// is made from, so that the three cannot differ.
type need struct {
	Group    string `json:"group"` // "" is the core API
	Resource string `json:"resource"`
	// Names are the only objects of the kind that are needed; none are all.
	Names []string `json:"names"`
	Verbs []string `json:"verbs"`
	Why   string   `json:"why"`
	// Cluster is true of what no namespace's Role can grant: resources that are in
	// none, and those of all namespaces at once. To a command that is not about
	// nodes such a need is never a must: without it less is seen, or explained.
	Cluster bool `json:"cluster"`
	// Flag is the flag without which the command does not need it, or "".
	Flag string `json:"flag"`
}

const needsKey = "needs" // of a command's annotations

// setNeeds notes what a command needs.
func setNeeds(cmd *cobra.Command, needs ...need) {
	text, err := json.Marshal(needs)
	must(err)
	cmd.Annotations = map[string]string{needsKey: string(text)}
}

// addNeeds notes what a command needs besides; with a flag alone if one is named.
func addNeeds(cmd *cobra.Command, flag string, needs ...need) {
	all := needsOf(cmd)
	for _, n := range needs {
		n.Flag = flag
		all = append(all, n)
	}
	setNeeds(cmd, all...)
}

// needsOf reads what a command needs; nil if it needs nothing.
func needsOf(cmd *cobra.Command) []need {
	var needs []need
	if text := cmd.Annotations[needsKey]; text != "" {
		must(json.Unmarshal([]byte(text), &needs))
	}
	return needs
}

// require finds out, before a change is planned, whether the operator could
// make it.
func require(ctx context.Context, client *cluster.Client, resource string, verbs ...string) error {
	for _, verb := range verbs {
		err := client.Require(ctx, cluster.Permission{Verb: verb, Resource: resource, Namespace: client.Where.Namespace})
		if err != nil {
			return err
		}
	}
	return nil
}
