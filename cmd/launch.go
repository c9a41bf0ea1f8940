package cmd

import "github.com/spf13/cobra"

func newLaunch(app *App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "launch",
		Short: "Launch as a user would, and say which hop breaks",
		Args:  knownCommand,
		RunE:  help,
	}
	cmd.AddCommand(newLaunchTest(app), newLaunchWatch(app))
	return cmd
}
