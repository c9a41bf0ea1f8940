package cmd

import (
	"regexp"

	"github.com/spf13/cobra"
)

const runbookShowLong = `Show a runbook: laid out on a terminal, and as Markdown in a pipe. A name may be
cut short where that is clear.`

func newRunbookShow(app *App) *cobra.Command {
	return &cobra.Command{
		Use:               "show NAME",
		Aliases:           []string{"read", "cat"},
		Short:             "Show a runbook",
		Long:              runbookShowLong,
		Example:           "  binderctl runbook show hub-blind",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeBooks,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return whichBook()
			}
			book, err := readBook(args[0])
			if err != nil {
				return err
			}
			text := book.Text
			if app.Term.OutTTY { // on which nothing can be clicked
				text = unlinked(text)
			}
			if err := app.Term.Markdown(text); err != nil {
				return err
			}
			if app.Term.OutTTY {
				app.Term.Hint("walk through it: %s", app.again("runbook", "run", book.Name))
			}
			return nil
		},
	}
}

// unlinked spells links to other runbooks out, for where nothing can be clicked.
func unlinked(text string) string {
	return linked.ReplaceAllStringFunc(text, func(link string) string {
		parts := linked.FindStringSubmatch(link)
		if said, name := parts[1], parts[2]; said != name {
			return said + " (runbook " + name + ")"
		}
		return "runbook " + parts[2]
	})
}

// linked is a link to another runbook, which may be broken between two words.
var linked = regexp.MustCompile(`\[([^\]]+)\]\(([a-z-]+)\.md\)`)
