package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/journal"
	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/nodes"
)

const nodesUncordonLong = `Open nodes to new pods again, and take away the note of who cordoned them.

The plan says whose cordon it is: a colleague, the autoscaler or the image
cleaner may still need it. If one of the names is wrong nothing is changed.`

const nodesUncordonExample = `  # Everything that I have cordoned
  binderctl nodes uncordon --mine

  # One node, whoever cordoned it
  binderctl nodes uncordon gke-prod-a-ssd-pool-972e4826-2fhq`

type nodesUncordonOptions struct {
	nodeChange
	mine bool
}

func newNodesUncordon(app *App) *cobra.Command {
	var opts nodesUncordonOptions
	cmd := &cobra.Command{
		Use:               "uncordon (NODE… | --mine) [flags]",
		Short:             "Open nodes to new pods again",
		Long:              nodesUncordonLong,
		Example:           nodesUncordonExample,
		ValidArgsFunction: completeNodes(app),
		Args: func(_ *cobra.Command, names []string) error {
			if len(names) == 0 && !opts.mine {
				return usagef("name the nodes, or all that you have cordoned with --mine")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, names []string) error {
			opts.called(cmd, names)
			return nodesUncordon(cmd.Context(), app, opts)
		},
	}
	cmd.Flags().BoolVar(&opts.mine, "mine", false, "only nodes that you have cordoned with binderctl; all of them, if none are named")
	opts.add(cmd)
	setNeeds(cmd,
		need{Resource: "nodes", Verbs: []string{"list", "get", "patch"}, Cluster: true, Why: "to see the nodes and to uncordon them"},
		need{Resource: "pods", Verbs: []string{"list", "watch"}, Cluster: true, Why: "to say whether the image cleaner may have cordoned a node"})
	addNeeds(cmd, "", gateNeeds()...)
	return cmd
}

func nodesUncordon(ctx context.Context, app *App, opts nodesUncordonOptions) error {
	client, err := opts.begin(ctx, app, mayPatchNodes())
	if err != nil {
		return err
	}
	plan, me, err := app.planUncordon(ctx, client, nodes.Wanted{Names: opts.names}, opts.mine)
	if err != nil {
		return err
	}
	if len(plan.Nodes) == 0 {
		app.Term.Say("no node is cordoned with a note by %s", me)
	}
	return app.uncordon(ctx, plan, opts.nodeChange, client)
}

// planUncordon plans to open nodes, if mine only those that the operator, me, has
// cordoned, who has to be known for that.
func (app *App) planUncordon(ctx context.Context, client *cluster.Client, wanted nodes.Wanted, mine bool) (plan nodes.UncordonPlan, me string, err error) {
	me, unknown := app.myself(ctx, client)
	if mine {
		if unknown != nil {
			return plan, me, unknown
		}
		wanted.By = me
	}
	plan, err = nodes.PlanUncordon(ctx, client, wanted, me)
	return plan, me, wrongName(err)
}

// uncordon takes a plan through the gate, or shows it.
func (app *App) uncordon(ctx context.Context, plan nodes.UncordonPlan, opts nodeChange, client *cluster.Client) error {
	if len(plan.Nodes) == 0 && opts.output.IsHuman() {
		return nil // it was said
	}
	if opts.dryRun == dryRunClient {
		err := ui.Print(app.Term, opts.output, ui.Document[nodes.Step]{
			Doc: plan, Rows: plan.Nodes, Columns: stepColumns("uncordon", app.Now()), Name: stepName,
		})
		app.sayPlanned(plan.Where, opts.output)
		return err
	}
	result := &nodeReport{where: plan.Where, digest: plan.Digest}
	work := func(ctx context.Context) []journal.Outcome {
		result.outcomes = nodes.Uncordon(ctx, client, plan, opts.options())
		return journalledNodes(result.outcomes)
	}
	report := func() error { return app.reportNodes(result, opts.output) }
	if opts.dryRun == dryRunServer || plan.Changes() == 0 {
		work(ctx)
		return report()
	}
	return app.gate(ctx, client, change{
		command: opts.command, what: "uncordon " + count(plan.Changes(), "node"), digest: plan.Digest,
		planned: plannedNodes(plan.Nodes), yes: opts.yes, wide: true,
		show:     func() error { return app.showSteps(plan.Nodes, "uncordon", opts.yes) },
		carryOut: work,
		report:   report,
	})
}
