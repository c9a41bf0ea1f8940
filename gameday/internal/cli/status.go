package cli

import (
	"github.com/spf13/cobra"
)

func (a *app) newStatus() *cobra.Command {
	return &cobra.Command{Use: "status", Short: "Show a game day", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error { return errNotRecovered }}
}
