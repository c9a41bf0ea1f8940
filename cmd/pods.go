package cmd

import "github.com/spf13/cobra"

func newPods(app *App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "pods",
		Aliases: []string{"pod"},
		Short:   "List, cull and diagnose users' servers, builds and the Hub's pods",
		Args:    knownCommand,
		RunE:    help,
	}
	cmd.AddCommand(newPodsList(app), newPodsCull(app), newPodsOrphans(app), newPodsCrashloops(app))
	return cmd
}
