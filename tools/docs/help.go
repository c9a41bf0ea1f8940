package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// option is a flag as the help shows it.
type option struct {
	flag  string // such as "-o, --output FORMAT"
	usage string
}

// options are flags in the order of the help.
func options(flags *pflag.FlagSet) []option {
	var all []option
	flags.VisitAll(func(flag *pflag.Flag) {
		if flag.Hidden {
			return
		}
		alone := pflag.NewFlagSet("", pflag.ContinueOnError)
		alone.AddFlag(flag)
		// The help's own line for the flag has three blanks behind its name.
		name, usage, _ := strings.Cut(strings.TrimSpace(alone.FlagUsages()), "   ")
		all = append(all, option{name, strings.TrimSpace(usage)})
	})
	return all
}

// description is what a command's help begins with.
func description(c *cobra.Command) string {
	if c.Long != "" {
		return c.Long
	}
	return c.Short + "."
}

// children are the commands right below one.
func children(c *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, child := range c.Commands() {
		if child.IsAvailableCommand() {
			all = append(all, child)
		}
	}
	return all
}

// pageName is a command's words with dashes between: "binderctl-pods-cull".
func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }
