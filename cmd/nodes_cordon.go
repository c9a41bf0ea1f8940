package cmd

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/binderctl/binderctl/cmd/internal/journal"
	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/nodes"
)

const nodesCordonLong = `Close nodes to new pods, and note on each who did it, when and why. Pods that run
there go on.

What would have no room left is said first: a service all of whose pods are on
cordoned nodes cannot start again when one of them ends. The last node of a pool
that takes new pods is not cordoned without --allow-no-room.

A node that somebody else has cordoned is left as it is, with their note. If one
of the names is wrong nothing is changed.`

const nodesCordonExample = `  # Keep new pods off a node that looks sick
  binderctl nodes cordon gke-prod-a-ssd-pool-972e4826-2fhq --reason 'network, see incident'

  # What would that mean?
  binderctl nodes cordon gke-prod-a-ssd-pool-972e4826-2fhq --dry-run`

// nodeChange are the flags of what changes nodes.
type nodeChange struct {
	names       []string
	maxInFlight int
	dryRun      dryRun
	yes         bool
	output      ui.Format
	command     string   // as called, for the journal
	given       []string // its own flags that were given, but for --yes, to call it again
}

func (o *nodeChange) add(cmd *cobra.Command) {
	cmd.Flags().IntVar(&o.maxInFlight, "max-in-flight", cluster.DefaultMaxInFlight, "requests side by side at the most; fewer if the server has trouble")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	o.dryRun.add(cmd)
	outputFlag(cmd, &o.output)
}

// called notes how the command was called.
func (o *nodeChange) called(cmd *cobra.Command, names []string) {
	o.names = make([]string, len(names))
	for i, name := range names {
		o.names[i] = strings.TrimPrefix(name, "node/") // as -o name gives it
	}
	o.command = strings.TrimSpace(commandLine(cmd) + " " + typed(names))
	o.given = givenFlags(cmd)
}

// givenFlags are the flags of a command itself that were given, to be given again.
// Whoever is to agree anew is asked anew.
func givenFlags(cmd *cobra.Command) []string {
	var words []string
	cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		switch name, value := "--"+flag.Name, flag.Value.String(); {
		case !flag.Changed, flag.Name == "yes":
		case flag.NoOptDefVal == value: // such as --wait
			words = append(words, name)
		case flag.NoOptDefVal != "":
			words = append(words, name+"="+value)
		default:
			words = append(words, name, value)
		}
	})
	return words
}

// begin finds out what can be known before any work is done, and connects. Nodes
// are in no namespace.
func (o *nodeChange) begin(ctx context.Context, app *App, may ...cluster.Permission) (*cluster.Client, error) {
	if o.maxInFlight < 1 {
		return nil, usagef("--max-in-flight %d: want 1 or more", o.maxInFlight)
	}
	if o.dryRun == dryRunNone {
		if err := app.canAsk(o.yes); err != nil {
			return nil, err
		}
	}
	client, err := app.dial()
	if err != nil {
		return nil, err
	}
	client.Where.Namespace = ""
	if o.dryRun == dryRunClient {
		return client, nil
	}
	for _, permission := range may {
		if err := client.Require(ctx, permission); err != nil {
			return nil, err
		}
	}
	return client, nil
}

// options say how nodes are changed.
func (o *nodeChange) options() nodes.ChangeOptions {
	return nodes.ChangeOptions{DryRun: o.dryRun == dryRunServer, MaxInFlight: o.maxInFlight}
}

// completeNodes offers the names of nodes that were not yet given.
func completeNodes(app *App) cobra.CompletionFunc {
	return func(cmd *cobra.Command, given []string, prefix string) ([]string, cobra.ShellCompDirective) {
		var names []string
		for _, name := range app.liveNames(cmd, prefix, nodeNames) {
			if !slices.Contains(given, name) {
				names = append(names, name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

type nodesCordonOptions struct {
	nodeChange
	reason      string
	allowNoRoom bool
}

func newNodesCordon(app *App) *cobra.Command {
	var opts nodesCordonOptions
	cmd := &cobra.Command{
		Use:               "cordon NODE… [flags]",
		Short:             "Close nodes to new pods, with a reason",
		Long:              nodesCordonLong,
		Example:           nodesCordonExample,
		ValidArgsFunction: completeNodes(app),
		Args: func(_ *cobra.Command, names []string) error {
			if len(names) == 0 {
				return usagef("name the nodes")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, names []string) error {
			opts.called(cmd, names)
			return nodesCordon(cmd.Context(), app, opts)
		},
	}
	cmd.Flags().StringVar(&opts.reason, "reason", "", "why, for whoever finds the node later")
	allowNoRoomFlag(cmd, &opts.allowNoRoom)
	opts.add(cmd)
	setNeeds(cmd,
		need{Resource: "nodes", Verbs: []string{"list", "get", "patch"}, Cluster: true, Why: "to see the nodes and to cordon them"},
		need{Resource: "pods", Verbs: []string{"list", "watch"}, Cluster: true, Why: "to say which services would have no node left"},
		need{Resource: "services", Verbs: []string{"list"}, Cluster: true, Why: "the same, of pods that nothing makes"})
	addNeeds(cmd, "", gateNeeds()...)
	return cmd
}

func allowNoRoomFlag(cmd *cobra.Command, allow *bool) {
	cmd.Flags().BoolVar(allow, "allow-no-room", false, "also the last node of a pool: new pods that need it will stay Pending, so launches stop")
}

// mayPatchNodes is what it takes to cordon.
func mayPatchNodes() cluster.Permission { return cluster.Permission{Verb: "patch", Resource: "nodes"} }

func nodesCordon(ctx context.Context, app *App, opts nodesCordonOptions) error {
	client, err := opts.begin(ctx, app, mayPatchNodes())
	if err != nil {
		return err
	}
	plan, err := nodes.PlanCordon(ctx, client, opts.names, app.mark(ctx, client, opts.reason, nodes.ForCordon))
	if err != nil {
		return wrongName(err)
	}
	switch {
	case opts.dryRun == dryRunClient:
		return joinFirst(app.printCordonPlan(plan, opts.output), roomLeft(plan.NoRoom, opts.allowNoRoom))
	case plan.Changes() > 0:
		if err := roomLeft(plan.NoRoom, opts.allowNoRoom); err != nil {
			app.warnNoRoom(plan.NoRoom)
			return err
		}
	}
	result := &nodeReport{where: plan.Where, digest: plan.Digest, noRoom: &plan.NoRoom}
	work := func(ctx context.Context) []journal.Outcome {
		change := opts.options()
		change.NoRoom = opts.allowNoRoom
		result.outcomes, err = nodes.Cordon(ctx, client, plan, change)
		return journalledNodes(result.outcomes)
	}
	report := func() error {
		if err != nil {
			return noRoomNow(err)
		}
		return app.reportNodes(result, opts.output)
	}
	if opts.dryRun == dryRunServer || plan.Changes() == 0 {
		work(ctx)
		return report()
	}
	return app.gate(ctx, client, change{
		command: opts.command, what: "cordon " + count(plan.Changes(), "node"), digest: plan.Digest,
		planned: plannedNodes(plan.Nodes), yes: opts.yes, wide: true,
		show:     func() error { return app.showCordonPlan(plan, opts.yes) },
		carryOut: work,
		report:   report,
	})
}

// mark is what is left on nodes by who runs the command.
func (app *App) mark(ctx context.Context, client *cluster.Client, reason string, purpose nodes.Purpose) nodes.Mark {
	return nodes.Mark{By: app.operator(ctx, client), At: app.Now().UTC().Truncate(time.Second), Reason: reason, For: purpose}
}

// operator is who runs the command, as the server knows them; if it does not say,
// as this machine does, which is told apart: several may share a login.
func (app *App) operator(ctx context.Context, client *cluster.Client) string {
	return cmp.Or(client.Operator(ctx), app.Login+" (a login)")
}

// myself is who runs the command, to tell what is theirs. A login will not do for
// that.
func (app *App) myself(ctx context.Context, client *cluster.Client) (string, error) {
	if name := client.Operator(ctx); name != "" {
		return name, nil
	}
	return "", hintError{
		errors.New("the server does not say who you are, so it is not known which cordons are yours"),
		"nothing was changed; name the nodes instead",
	}
}

// wrongName makes a name that no node has a mistake in the call.
func wrongName(err error) error {
	if unknown, ok := errors.AsType[*nodes.UnknownNodeError](err); ok {
		return hintError{usageError{unknown}, "nothing was changed"}
	}
	return err
}

// noRoomNow adds what to do where room was lost since the plan.
func noRoomNow(err error) error {
	if lost, ok := errors.AsType[*nodes.NoRoomError](err); ok {
		return hintError{lost, "nothing was changed; --allow-no-room if that is meant"}
	}
	return err
}

// roomLeft refuses to close the last node of a pool, unless that is allowed.
func roomLeft(room nodes.NoRoom, allowed bool) error {
	if allowed || len(room.Closed) == 0 {
		return nil
	}
	last := room.Closed[0]
	if !room.Launches {
		return hintError{
			usagef("no other node takes new pods than %s: new pods would stay Pending, and the whole Hub would take no launches", someOf(last.Nodes)),
			"nothing was changed; --allow-no-room if that is meant",
		}
	}
	return hintError{
		usagef("%s would have no node left that takes new pods: those that need it would stay Pending", last),
		"nothing was changed; --allow-no-room if that is meant",
	}
}
