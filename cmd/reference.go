package cmd

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/ui"
)

// Reference returns all commands, none of which can be run, for whoever writes
// their documents.
func Reference() *cobra.Command {
	root := newRoot(&App{Term: ui.NewTerminal(ui.Streams{})})
	root.DisableAutoGenTag = true // it has the day of the build in it
	return root
}

// Block is a paragraph of a help text, or lines of code or of a table in it.
type Block struct {
	Text string
	Code bool
}

// Blocks takes a help text apart. Lines that are set in are code.
func Blocks(text string) []Block {
	var all []Block
	for part := range strings.SplitSeq(text, "\n\n") {
		part = strings.TrimRight(strings.Trim(part, "\n"), " \t")
		if strings.TrimSpace(part) == "" {
			continue
		}
		all = append(all, Block{Text: part, Code: part[0] == ' ' || part[0] == '\t'})
	}
	return all
}
