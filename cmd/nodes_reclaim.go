package cmd

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/nodes"
)

const nodesReclaimLong = `Scale down: choose nodes to empty, cordon them, move the infrastructure off, leave
users to finish, and say what still keeps the autoscaler from taking each away.

Nodes whose users have been there the shortest, all together, are chosen first;
those that are cordoned already come before. Enough stay for the present users
and a fifth more, and for as many launches as the last half hour saw; or, with
--keep, so many. Nodes for the Hub's own pods are never chosen, nor nodes that
users' pods cannot go to, nor the last of a pool. Users are not cut off.`

const nodesReclaimExample = `  # What could go?
  binderctl nodes reclaim --dry-run

  # Shrink to three nodes for users, and stay until the last user has ended
  binderctl nodes reclaim --keep 3 --wait`

type nodesReclaimOptions struct {
	nodesDrainOptions
	keep int
}

func newNodesReclaim(app *App) *cobra.Command {
	opts := nodesReclaimOptions{nodesDrainOptions: nodesDrainOptions{
		users: usersFlag{policy: nodes.UsersWait}, maxAge: ageFlag{age: nodes.DefaultMaxAge, given: true},
	}}
	cmd := &cobra.Command{
		Use:     "reclaim [flags]",
		Short:   "Empty the nodes that are not needed, so that the autoscaler takes them",
		Long:    nodesReclaimLong,
		Example: nodesReclaimExample,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts.called(cmd, nil)
			return nodesReclaim(cmd.Context(), app, opts)
		},
	}
	cmd.Flags().IntVar(&opts.keep, "keep", -1, "how many nodes for users to keep; -1 is as many as are needed")
	drainFlags(cmd, &opts.nodesDrainOptions)
	opts.add(cmd)
	drainNeeds(cmd)
	return cmd
}

func nodesReclaim(ctx context.Context, app *App, opts nodesReclaimOptions) error {
	policy, err := opts.policy(app.Now(), nodes.ForReclaim)
	switch {
	case err != nil:
		return err
	case opts.keep < -1:
		return usagef("--keep %d: want a number of nodes, or -1 for as many as are needed", opts.keep)
	}
	client, err := opts.begin(ctx, app, mayDrain()...)
	if err != nil {
		return err
	}
	plan, err := nodes.PlanReclaim(ctx, client, opts.keep, policy, app.operator(ctx, client), "not needed")
	if err != nil {
		return err
	}
	if opts.dryRun == dryRunClient {
		return app.printReclaim(plan, opts)
	}
	if err := app.showCandidates(plan, opts); err != nil {
		return err
	}
	if len(plan.Drain.Nodes) == 0 {
		return app.reportDrain(&drainReport{plan: plan.Drain}, opts.nodesDrainOptions)
	}
	return app.reclaim(ctx, client, plan, opts.nodesDrainOptions)
}

// reclaim drains what was chosen. If that leaves too little room, more than a
// plain yes is wanted.
func (app *App) reclaim(ctx context.Context, client *cluster.Client, plan nodes.ReclaimPlan, opts nodesDrainOptions) error {
	result := &drainReport{plan: plan.Drain}
	if takesRoom(plan) {
		result.grave = fmt.Sprintf("too little room: this leaves it for %d and %d is needed", plan.Room, plan.Needed)
	}
	return app.drain(ctx, client, result, opts)
}

// takesRoom reports whether a plan leaves too little room because of the nodes
// that it closes. Those that are cordoned already had none to give.
func takesRoom(plan nodes.ReclaimPlan) bool {
	closes := func(c nodes.Candidate) bool { return c.Empty && !c.Cordoned }
	return plan.Room < plan.Needed && slices.ContainsFunc(plan.Candidates, closes)
}

// reclaimDoc is a reclaim in JSON.
type reclaimDoc struct {
	nodes.ReclaimPlan
	Where cluster.Location `json:"where"`
	Made  time.Time        `json:"madeAt"`
}

// printReclaim prints a plan as the answer: every node for users.
func (app *App) printReclaim(plan nodes.ReclaimPlan, opts nodesReclaimOptions) error {
	err := ui.Print(app.Term, opts.output, ui.Document[nodes.Candidate]{
		Rows: plan.Candidates, Columns: candidateColumns(), Doc: reclaimDoc{plan, plan.Drain.Where, plan.Drain.Made},
		Name: func(c nodes.Candidate) string { return "node/" + c.Name },
	})
	app.summarizeReclaim(plan)
	app.summarizeDrain(plan.Drain)
	app.sayPlanned(plan.Drain.Where, opts.output)
	return joinFirst(err, app.refused(plan.Drain, opts.nodesDrainOptions))
}

// showCandidates shows which nodes were chosen, and why; to one who has agreed,
// and wants quiet, only what is dangerous.
func (app *App) showCandidates(plan nodes.ReclaimPlan, opts nodesReclaimOptions) error {
	if opts.yes && app.global.quiet {
		app.warnReclaim(plan)
		return nil
	}
	err := ui.PrintTable(app.Term, candidateColumns(), plan.Candidates)
	app.Term.Say("")
	app.summarizeReclaim(plan)
	return err
}

func (app *App) summarizeReclaim(plan nodes.ReclaimPlan) {
	emptied := len(plan.Drain.Nodes)
	app.Term.Say("users: %d; launches in the last half hour: %d; room needed for %d", plan.Users, plan.Launches, plan.Needed)
	app.Term.Say("to empty: %d of %s for users; the others have room for %d in all, for %s", emptied, count(len(plan.Candidates), "node"), plan.Room, count(plan.Users, "user"))
	app.warnReclaim(plan)
	if emptied == 0 {
		app.Term.Say("no node can be spared")
	}
}

// warnReclaim warns of too little room, and says whether the plan makes it so.
func (app *App) warnReclaim(plan nodes.ReclaimPlan) {
	switch {
	case takesRoom(plan):
		app.Term.Warn("that is too little room, for %d where %d is needed: new pods will stay Pending until the autoscaler adds what is taken away", plan.Room, plan.Needed)
	case plan.Room < plan.Needed && len(plan.Drain.Nodes) > 0:
		app.Term.Warn("there is too little room already, for %d where %d is needed; what is to be emptied is cordoned, so it takes none of that", plan.Room, plan.Needed)
	}
}

func candidateColumns() []ui.Column[nodes.Candidate] {
	return []ui.Column[nodes.Candidate]{
		{Header: "NODE", Shrink: true, Value: func(c nodes.Candidate) string { return c.Name }},
		{Header: "POOL", Wide: true, Value: func(c nodes.Candidate) string { return cmp.Or(c.Pool, "<none>") }},
		{Header: "STATUS", Value: func(c nodes.Candidate) string { return subjectStatus(c.Subject) }, Role: func(c nodes.Candidate) ui.Role { return subjectRole(c.Subject) }},
		{Header: "USERS", Right: true, Value: func(c nodes.Candidate) string { return fmt.Sprintf("%d/%d", c.Users, c.Fits) }},
		{Header: "USER MINUTES", Right: true, Value: func(c nodes.Candidate) string { return itoa(c.Minutes) }},
		{Header: "PLAN", Value: func(c nodes.Candidate) string {
			if c.Empty {
				return "empty"
			}
			return "keep"
		}},
		{Header: "WHY", Wrap: true, Value: func(c nodes.Candidate) string { return c.Reason }},
	}
}
