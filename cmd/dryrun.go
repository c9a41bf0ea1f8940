package cmd

import "github.com/spf13/cobra"

// dryRun is kubectl's --dry-run.
type dryRun string

const (
	dryRunNone   dryRun = "none"
	dryRunClient dryRun = "client" // plan, and stop
	dryRunServer dryRun = "server" // also ask the server whether it would
)

func (d *dryRun) add(cmd *cobra.Command) {
	*d = dryRunNone
	choiceFlag(cmd, d, "dry-run", "MODE", []dryRun{dryRunNone, dryRunClient, dryRunServer},
		"only show what would be done; server also has the server check each request")
	cmd.Flags().Lookup("dry-run").NoOptDefVal = string(dryRunClient)
}
