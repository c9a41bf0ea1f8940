package cmd

import (
	"context"
	"strings"

	"github.com/binderctl/binderctl/pkg/nodes"
)

// nodesDrainUndo opens again what a drain has closed.
func nodesDrainUndo(ctx context.Context, app *App, opts nodesDrainOptions) error {
	client, err := opts.begin(ctx, app, mayPatchNodes())
	if err != nil {
		return err
	}
	plan, me, err := app.planUncordon(ctx, client, nodes.Wanted{Names: opts.names, For: nodes.ForDrain}, len(opts.names) == 0)
	if err != nil {
		return err
	}
	if len(plan.Nodes) == 0 {
		app.Term.Say("no node is cordoned by a drain of %s", me)
		if plan, err := nodes.PlanUncordon(ctx, client, nodes.Wanted{By: me}, me); err == nil { // only a hint
			app.sayNotByDrain(subjectsOf(plan.Nodes), me)
		}
	}
	err = app.uncordon(ctx, plan, opts.nodeChange, client)
	app.sayNotByDrain(subjectsOf(plan.Nodes), me)
	return err
}

// sayNotByDrain says how to take back the cordons of an operator that no drain
// has made, so that no undoing of a drain does.
func (app *App) sayNotByDrain(list []nodes.Subject, me string) {
	for _, purpose := range []nodes.Purpose{nodes.ForCordon, nodes.ForReclaim} {
		var names []string
		for _, node := range list {
			if node.Cordoned && node.Holder.Ours() && node.Holder.For == purpose && node.Holder.By == me {
				names = append(names, node.Name)
			}
		}
		if len(names) > 0 {
			app.Term.Say("%s: cordoned by you with nodes %s, and stays so; take it back with: %s",
				strings.Join(names, ", "), purpose, app.again(append([]string{"nodes", "uncordon"}, names...)...))
		}
	}
}

// subjectsOf are the nodes of a plan.
func subjectsOf(steps []nodes.Step) []nodes.Subject {
	list := make([]nodes.Subject, len(steps))
	for i, step := range steps {
		list[i] = step.Subject
	}
	return list
}
