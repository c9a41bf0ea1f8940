package cmd

import "github.com/spf13/cobra"

func newHub(app *App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hub",
		Short: "See whether the Hub sees its pods, and start it anew",
		Args:  knownCommand,
		RunE:  help,
	}
	cmd.AddCommand(newHubStatus(app), newHubRestart(app))
	return cmd
}
