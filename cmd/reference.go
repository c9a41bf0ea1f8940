package cmd

import (
	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/ui"
)

// Reference returns all commands, none of which can be run, for whoever writes
// their documents.
func Reference() *cobra.Command {
	root := newRoot(&App{Term: ui.NewTerminal(ui.Streams{})})
	root.InitDefaultHelpCmd()
	root.DisableAutoGenTag = true // it has the day of the build in it
	return root
}
