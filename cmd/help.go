package cmd

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/binderctl/binderctl/cmd/internal/ui"
)

// What commands are about, by which the program's own help sorts them.
const (
	groupCluster = "look and mend"
	groupPeople  = "work through an incident"
	groupSetUp   = "set up"
)

// groups are the titles under which commands stand, in the order of the help.
func groups() []*cobra.Group {
	var all []*cobra.Group
	for _, id := range []string{groupCluster, groupPeople, groupSetUp} {
		all = append(all, &cobra.Group{ID: id, Title: strings.ToUpper(id[:1]) + id[1:]})
	}
	return all
}

// inGroup says what commands are about.
func inGroup(id string, commands ...*cobra.Command) []*cobra.Command {
	for _, cmd := range commands {
		cmd.GroupID = id
	}
	return commands
}

// helpWidth is how wide help may be, in columns: as wide as the terminal, within
// what can be read.
func (app *App) helpWidth() int { return min(max(app.Term.Width(), 60), 100) }

// help writes what a command is for and how it is called, no wider than the
// terminal. Paragraphs are filled anew; what is set in stays as it is.
func (app *App) help(cmd *cobra.Command, _ []string) {
	var b strings.Builder
	for _, block := range Blocks(cmp.Or(cmd.Long, cmd.Short+".")) {
		text := block.Text
		if !block.Code {
			text = strings.Join(ui.Break(text, app.helpWidth()), "\n")
		}
		fmt.Fprintf(&b, "%s\n\n", text)
	}
	_, _ = fmt.Fprint(cmd.OutOrStdout(), b.String(), cmd.UsageString()) // nobody is left to be told
}

// usage writes how a command is called, which is also a part of its help.
func (app *App) usage(cmd *cobra.Command) error {
	var b strings.Builder
	call := cmd.UseLine()
	if cmd.HasAvailableSubCommands() {
		call = cmd.CommandPath() + " [command]"
	}
	fmt.Fprintf(&b, "Usage:\n  %s\n", call)
	if len(cmd.Aliases) > 0 {
		fmt.Fprintf(&b, "\nAliases:\n  %s\n", cmd.NameAndAliases())
	}
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", strings.TrimRight(cmd.Example, "\n"))
	}
	writeCommands(&b, cmd, app.helpWidth())
	writeFlags(&b, "Flags", cmd.LocalFlags(), app.helpWidth())
	writeFlags(&b, "Flags of every command", cmd.InheritedFlags(), app.helpWidth())
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\nMore about a command: %s [command] --help\n", cmd.CommandPath())
	}
	_, err := fmt.Fprint(cmd.OutOrStdout(), b.String())
	return err
}

// writeCommands lists the commands right below one, by group where they have any.
func writeCommands(b *strings.Builder, parent *cobra.Command, width int) {
	var below []*cobra.Command
	longest := 0
	for _, cmd := range parent.Commands() {
		if cmd.IsAvailableCommand() || cmd.Name() == "help" {
			below = append(below, cmd)
			longest = max(longest, len(cmd.Name()))
		}
	}
	for _, group := range append(parent.Groups(), &cobra.Group{Title: "Commands"}) {
		title := "\n" + group.Title + ":\n"
		for _, cmd := range below {
			if cmd.GroupID != group.ID {
				continue
			}
			lead := fmt.Sprintf("%s  %-*s  ", title, longest, cmd.Name())
			for _, line := range ui.Break(cmd.Short, width-longest-4) {
				b.WriteString(lead + line + "\n")
				lead = strings.Repeat(" ", longest+4)
			}
			title = ""
		}
	}
}

// writeFlags lists flags, each with as many lines as its text needs.
func writeFlags(b *strings.Builder, title string, flags *pflag.FlagSet, width int) {
	if usages := flags.FlagUsagesWrapped(width); usages != "" {
		fmt.Fprintf(b, "\n%s:\n%s", title, usages)
	}
}
