package cmd

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/journal"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/nodes"
)

// drain takes a plan through the gate, or shows it.
func (app *App) drain(ctx context.Context, client *cluster.Client, result *drainReport, opts nodesDrainOptions) error {
	plan := result.plan
	refusal := joinFirst(roomLeft(plan.NoRoom, opts.allowNoRoom), app.refused(plan, opts))
	switch {
	case opts.dryRun == dryRunClient:
		return joinFirst(app.printDrainPlan(plan, opts.output), refusal)
	case refusal != nil:
		if err := app.showRefused(plan); err != nil {
			return err
		}
		return refusal
	case len(plan.Nodes) == 0:
		return app.reportDrain(result, opts)
	}
	work := func(ctx context.Context) []journal.Outcome {
		if plan.Policy.Users == nodes.UsersDeadline { // it counts from when the operator agreed
			result.plan.Policy.Deadline = app.Now().Add(opts.users.after).UTC().Truncate(time.Second)
		}
		result.carryOut(ctx, app, client, opts)
		return journalledDrain(result)
	}
	if opts.dryRun == dryRunServer {
		work(ctx)
		return app.reportDrain(result, opts)
	}
	return app.gate(ctx, client, change{
		command: opts.command, what: drainWhat(plan), digest: plan.Digest, grave: cmp.Or(drainGravity(plan), result.grave),
		planned: plannedDrain(plan), yes: opts.yes, wide: true,
		show:     func() error { return app.showDrainPlan(plan, opts) },
		carryOut: work,
		report:   func() error { return app.reportDrain(result, opts) },
	})
}

// drainWhat says what will be done.
func drainWhat(plan nodes.DrainPlan) string {
	what := fmt.Sprintf("drain %s, evict %s", count(len(plan.Nodes), "node"), count(plan.Evictions(), "pod"))
	if plan.Cost.Deadline > 0 {
		what += fmt.Sprintf(" and, at the deadline, up to %d sessions and builds", plan.Cost.Deadline)
	}
	return what
}

// drainGravity says why a plan wants more than a plain yes, or "".
func drainGravity(plan nodes.DrainPlan) string {
	cost := plan.Cost
	switch {
	case plan.Policy.Force && cost.Dead > 0:
		return fmt.Sprintf("this removes the records of %s on nodes that are not ready, where they may live on", count(cost.Dead, "pod"))
	case cost.Share() > 0.5:
		return fmt.Sprintf("this cuts off %d sessions and builds, with %s in all", cost.CutOff(), count(cost.OfUsers, "user"))
	case cost.CutOff() > manyPods:
		return fmt.Sprintf("this cuts off more than %d users and builds", manyPods)
	default:
		return ""
	}
}

func plannedDrain(plan nodes.DrainPlan) []journal.Outcome {
	list := []journal.Outcome{}
	for _, node := range plan.Nodes {
		list = append(list, journal.Outcome{Object: "node/" + node.Name, UID: string(node.UID), Result: "planned"})
	}
	for _, t := range plan.Pods {
		if t.Verdict != nodes.Keeps {
			list = append(list, journal.Outcome{Object: "pod/" + tenantName(t), UID: string(t.UID), Result: "planned", Detail: string(t.Verdict)})
		}
	}
	return list
}

func journalledDrain(r *drainReport) []journal.Outcome {
	list := journalledNodes(r.outcome.Nodes)
	for _, o := range r.outcome.Pods {
		if o.Result != nodes.Stays {
			list = append(list, journal.Outcome{Object: "pod/" + tenantName(o.Tenant), UID: string(o.UID), Result: string(o.Result), Detail: o.Detail})
		}
	}
	return list
}
