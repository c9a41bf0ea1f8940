package cmd

import (
	"context"
	"fmt"

	"github.com/binderctl/binderctl/cmd/internal/journal"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/pods"
)

// cull takes a plan through the gate. dropped are pods of the plan that are
// already known not to go.
func cull(ctx context.Context, app *App, client *cluster.Client, plan pods.Plan, dropped []pods.Outcome, opts podsCullOptions) error {
	if len(plan.Victims) == 0 {
		return app.nothingToCull(plan, dropped, opts.output)
	}
	way, err := app.routeFor(ctx, client, plan, opts)
	if err != nil {
		return err
	}
	defer way.close()
	result := &cullReport{plan: plan, route: way, outcomes: dropped}
	if opts.dryRun == dryRunServer {
		result.carryOut(ctx, app, client, opts)
		return app.report(result, opts.output)
	}
	return app.gate(ctx, client, change{
		command: opts.command, what: way.what(len(plan.Victims)), digest: plan.Digest,
		planned: planned(plan), grave: gravity(plan), yes: opts.yes,
		show: func() error { return app.showPlan(plan, way, opts) },
		carryOut: func(ctx context.Context) []journal.Outcome {
			result.carryOut(ctx, app, client, opts)
			return journalled(result.outcomes)
		},
		report: func() error { return app.report(result, opts.output) },
	})
}

// manyPods is how many pods may go on a plain yes.
const manyPods = 200

// gravity says why a plan wants more than a plain yes, or "".
func gravity(plan pods.Plan) string {
	living := 0
	for _, victim := range plan.Victims {
		if !victim.Deleting {
			living++
		}
	}
	switch share := plan.Cost.Share(); {
	case plan.Policy.Force() && living > 0:
		return fmt.Sprintf("this removes %s that may be alive without letting them end", count(living, "pod"))
	case share > 0.5:
		return fmt.Sprintf("this cuts off %.0f%% of the users", 100*share)
	case len(plan.Victims) > manyPods:
		return fmt.Sprintf("this is more than %d pods", manyPods)
	default:
		return ""
	}
}

func planned(plan pods.Plan) []journal.Outcome {
	return journalled(plan.All("planned", ""))
}

func journalled(outcomes []pods.Outcome) []journal.Outcome {
	list := make([]journal.Outcome, len(outcomes))
	for i, o := range outcomes {
		list[i] = journal.Outcome{Object: "pod/" + o.Name, UID: string(o.UID), Result: string(o.Result), Detail: o.Detail}
	}
	return list
}
