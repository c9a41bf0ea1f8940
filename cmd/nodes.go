package cmd

import "github.com/spf13/cobra"

func newNodes(app *App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "nodes",
		Aliases: []string{"node"},
		Short:   "See how full and healthy nodes are, and take them out of service",
		Args:    knownCommand,
		RunE:    help,
	}
	cmd.AddCommand(
		newNodesList(app), newNodesFindUnhealthy(app),
		newNodesCordon(app), newNodesUncordon(app), newNodesDrain(app), newNodesReclaim(app),
	)
	return cmd
}
