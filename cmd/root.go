// Package cmd is binderctl's command line: one file a command. A command reads
// its flags, asks a package under pkg to look or to plan, and prints what comes
// back. Whatever changes the cluster goes through the gate.
package cmd

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
)

// App is what every command is given.
type App struct {
	// Term is the operator's end.
	Term *ui.Terminal
	// Name is what the operator types to run this; "" is binderctl.
	Name string
	// Now is the clock.
	Now func() time.Time
	// Getenv reads an environment variable.
	Getenv func(string) string
	// Login is the operator's name on this machine, for the journal.
	Login string
	// Host is this machine's name, for whoever asks where the driver of an
	// incident sits.
	Host string

	global globalFlags
	place  place             // of the namespace, once connected
	home   string            // the namespace that a flag, a setting or the context names, or ""
	called string            // the command, such as "binderctl pods cull"
	typed  map[string]string // the flags of the call, by name

	bound   *cluster.Location // where the walk through a runbook is that calls this; nil outside of one
	looking bool              // it is called by a screen, which writes nothing
}

// inner is binderctl once more, for a command that one of its commands calls: what
// it says goes elsewhere.
func (app *App) inner(term *ui.Terminal) *App {
	return &App{Term: term, Name: app.Name, Now: app.Now, Getenv: app.Getenv, Login: app.Login, Host: app.Host}
}

// Run runs binderctl with args and returns its exit code.
func Run(ctx context.Context, app *App, args []string) int {
	root := newRoot(app)
	root.SetArgs(args)
	root.SetIn(app.Term.In)
	root.SetOut(app.Term.Out)
	root.SetErr(app.Term.Err)

	began := false
	beforeEachRun(root, func() { began = true })
	called, err := root.ExecuteContextC(ctx)
	app.called = called.CommandPath()
	if err != nil && !began {
		err = usageError{callError{called.CommandPath(), inOurWords(err)}} // unknown command, bad flag, missing argument
	}
	return app.conclude(err)
}

const rootLong = `Operate a BinderHub: see what is wrong on its cluster, mend it without hurting
users, and know when it is over.

Every change is shown as a plan before it is made, and nothing is deleted that
is not positively known to be what it looks like.`

const rootExample = `  # What is wrong, and what do I do about it?
  binderctl status
  binderctl runbook search launches fail
  binderctl runbook run hub-blind --dry-run`

func newRoot(app *App) *cobra.Command {
	root := &cobra.Command{
		Use:               ownName,
		Short:             "Operate a BinderHub",
		Long:              rootLong,
		Example:           rootExample,
		Args:              knownCommand,
		RunE:              help,
		SilenceErrors:     true, // Run prints them
		SilenceUsage:      true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return app.configure(cmd) },
	}
	root.SetHelpFunc(app.help)
	root.SetUsageFunc(app.usage)
	root.SetFlagErrorFunc(unknownFlag)
	app.global.add(root)
	app.completeGlobals(root)
	root.AddGroup(groups()...)
	root.AddCommand(inGroup(groupCluster, newStatus(app), newPods(app), newNodes(app), newHub(app), newLaunch(app))...)
	root.AddCommand(inGroup(groupPeople, newIncident(app), newRunbook(app))...)
	root.AddCommand(inGroup(groupSetUp, newConfig(app), newRBAC(app), newVersion(app))...)
	addCobras(root)
	rename(root, app.program())
	return root
}

// addCobras adds cobra's own commands, for completion and for help, and has them
// refuse what is no shell and no command.
func addCobras(root *cobra.Command) {
	root.SetCompletionCommandGroupID(groupSetUp)
	root.SetHelpCommandGroupID(groupSetUp)
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "completion":
			cmd.Args, cmd.RunE = knownCommand, help
		case "help":
			cmd.Run, cmd.RunE = nil, helpAbout
		}
	}
}

// helpAbout shows the help of the command that words name.
func helpAbout(cmd *cobra.Command, words []string) error {
	found, err := commandOf(cmd.Root(), words)
	if err != nil {
		return err
	}
	found.InitDefaultHelpFlag() // as if it had been asked itself
	return found.Help()
}

// commandOf is the command that words name.
func commandOf(root *cobra.Command, words []string) (*cobra.Command, error) {
	found, rest, err := root.Find(words)
	if err == nil && len(rest) > 0 {
		err = knownCommand(found, rest)
	}
	if err != nil {
		return nil, usageError{err}
	}
	return found, nil
}

// help is what a command does that only has others under it. (Without a RunE
// cobra would take a misspelt command for a wish to see the help, and exit 0.)
func help(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// farOff is how many letters may be wrong about a command for it to be suggested.
const farOff = 2

// knownCommand refuses what is not a command, with those that may be meant.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
	cmd.SuggestionsMinimumDistance = farOff
	if meant := cmd.SuggestionsFor(args[0]); len(meant) > 0 {
		return fmt.Errorf("%w: did you mean %s?", err, strings.Join(meant, " or "))
	}
	return err
}

// noArguments refuses whatever stands behind a command that is about no one thing.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no arguments: %q", cmd.CommandPath(), args[0])
	}
	return nil
}

// beforeEachRun has every command under c call f just before it runs. What goes
// wrong before that is a mistake in the call.
func beforeEachRun(c *cobra.Command, f func()) {
	if run := c.RunE; run != nil {
		c.RunE = func(cmd *cobra.Command, args []string) error {
			f()
			return run(cmd, args)
		}
	}
	for _, child := range c.Commands() {
		beforeEachRun(child, f)
	}
}

// configure settles the flags that were not given: from the environment, a
// profile and the file.
func (app *App) configure(cmd *cobra.Command) error {
	file, err := app.loadConfig()
	if err != nil {
		return err
	}
	app.typed = given(cmd)
	settled, err := file.Settle(app.typed, app.Getenv)
	if err != nil {
		return err
	}
	for name, value := range settled.Values {
		flag := cmd.Flags().Lookup(name)
		if flag == nil || flag.Changed || value.IsKubectls() {
			continue
		}
		if err := flag.Value.Set(value.Text); err != nil {
			return fmt.Errorf("%s: %s %q: %w", value.From, name, shown(name, value.Text), err)
		}
	}
	app.Term.Configure(ui.Options{Color: app.global.color, Quiet: app.global.quiet})
	return app.global.check()
}

// given are the flags that were typed, by name.
func given(cmd *cobra.Command) map[string]string {
	typed := map[string]string{}
	cmd.Flags().Visit(func(flag *pflag.Flag) { typed[flag.Name] = flag.Value.String() })
	return typed
}
