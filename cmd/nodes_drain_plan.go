package cmd

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/nodes"
)

// printDrainPlan prints a plan as the answer: every pod on the nodes.
func (app *App) printDrainPlan(plan nodes.DrainPlan, format ui.Format) error {
	err := ui.Print(app.Term, format, ui.Document[nodes.Tenant]{
		Doc: plan, Rows: plan.Pods, Columns: tenantColumns(app.Now()), Name: tenantName,
	})
	if format.IsHuman() {
		app.Term.Say("")
		err = joinFirst(err, app.showNodes(plan))
	}
	app.summarizeDrain(plan)
	app.sayPlanned(plan.Where, format)
	return err
}

func tenantName(t nodes.Tenant) string { return t.Namespace + "/" + t.Name }

// tenantsShown is how many pods of a plan are shown before the question; all are
// in a dry run.
const tenantsShown = 8

// showDrainPlan shows, on stderr, what the operator should know before agreeing;
// to one who has agreed, and wants quiet, only what is dangerous.
func (app *App) showDrainPlan(plan nodes.DrainPlan, opts nodesDrainOptions) error {
	if opts.yes && app.global.quiet {
		app.warnDrain(plan)
		return nil
	}
	going := slices.DeleteFunc(slices.Clone(plan.Pods), func(t nodes.Tenant) bool {
		return t.Verdict == nodes.Waits || t.Verdict == nodes.Keeps
	})
	if err := app.showTenants(going, tenantsShown); err != nil {
		return err
	}
	if err := app.showNodes(plan); err != nil {
		return err
	}
	app.summarizeDrain(plan)
	return nil
}

// showTenants shows the first few of some pods.
func (app *App) showTenants(list []nodes.Tenant, atMost int) error {
	if len(list) == 0 {
		return nil
	}
	first, more := firstOf(list, atMost)
	if err := ui.PrintTable(app.Term, tenantColumns(app.Now()), first); err != nil {
		return err
	}
	app.sayMore(more, "; --dry-run lists all")
	app.Term.Say("")
	return nil
}

// showNodes shows what is to be done on each node.
func (app *App) showNodes(plan nodes.DrainPlan) error {
	err := ui.PrintTable(app.Term, drainNodeColumns(app.Now()), plan.Nodes)
	app.Term.Say("")
	return err
}

// summarizeDrain says what a plan means.
func (app *App) summarizeDrain(plan nodes.DrainPlan) {
	cost := plan.Cost
	app.Term.Say("to evict: %s", count(plan.Evictions(), "pod"))
	if cost.Users+cost.Builds > 0 {
		app.Term.Say("users: %s cut off, of %d; builds: %d cut off", count(cost.Users, "session"), cost.OfUsers, cost.Builds)
	}
	if cost.Sessions+cost.Building > 0 {
		app.Term.Say("left to finish: %s; %s", guests(cost.Sessions, cost.Building), lastEnds(plan, app.Now()))
	}
	if cost.Overdue > 0 {
		app.Term.Say("older than %s already: %d of those; does the culler run?", maxAge(plan), cost.Overdue)
	}
	app.warnDrain(plan)
}

// maxAge is the maximum age as the operator gave it.
func maxAge(plan nodes.DrainPlan) string { return ui.Age(time.Duration(plan.Policy.MaxAge)) }

// guests counts sessions and builds.
func guests(sessions, builds int) string {
	switch {
	case builds == 0:
		return count(sessions, "session")
	case sessions == 0:
		return count(builds, "build")
	default:
		return count(sessions, "session") + " and " + count(builds, "build")
	}
}

// lastEnds says when the last of those who remain should have ended.
func lastEnds(plan nodes.DrainPlan, now time.Time) string {
	last := plan.Cost.LastEnds
	switch {
	case plan.Policy.Users == nodes.UsersDeadline:
		return fmt.Sprintf("at the latest until the deadline in %s, at %s UTC; who is left then is cut off", ui.Age(plan.Policy.Deadline.Sub(now)), plan.Policy.Deadline.Format("15:04"))
	case last.Before(now):
		return "all of whom should have ended by now"
	default:
		return fmt.Sprintf("the last should have ended in %s, at %s UTC, when all are %s old", ui.Age(last.Sub(now)), last.Format("15:04"), maxAge(plan))
	}
}

// warnDrain warns of what a plan would break.
func (app *App) warnDrain(plan nodes.DrainPlan) {
	for _, pool := range plan.Closed {
		app.Term.Warn("%s has no node left then that takes new pods: those that need it will stay Pending", pool)
	}
	if !plan.Launches {
		app.Term.Warn("no node is left then for users' pods: the whole Hub takes no launches until one is uncordoned or added")
	}
	for _, line := range strandedLines(moving(plan)) {
		app.Term.Warn("%s: all pods are on these nodes, so down until they run again elsewhere", line)
	}
	for _, budget := range plan.Budgets {
		app.Term.Warn("disruption budget %s allows no eviction now: %s will be tried until --timeout", budget.Budget, someOf(budget.Pods))
	}
	switch dead := plan.Cost.Dead; {
	case dead > 0 && plan.Policy.Force:
		app.Term.Warn("--force removes the records of %s on nodes that are not ready: their processes may go on without anybody knowing", count(dead, "pod"))
	case dead > 0:
		app.Term.Warn("%s are on nodes that are not ready, where nothing ends: they will be asked to go and not waited for; --force removes their records", count(dead, "pod"))
	}
	for _, what := range plan.Unseen {
		app.Term.Warn("you may not list %s in all namespaces: what they say is not known", what)
	}
}

// moving are the workloads that have no pod elsewhere while theirs are moved.
func moving(plan nodes.DrainPlan) []nodes.Workload {
	var list []nodes.Workload
	for _, workload := range plan.Stranded {
		if slices.ContainsFunc(plan.Pods, func(t nodes.Tenant) bool { return t.Owner == workload && t.Verdict == nodes.Moves }) {
			list = append(list, workload)
		}
	}
	return list
}

// refused is the error of a plan with pods that may not be evicted.
func (app *App) refused(plan nodes.DrainPlan, opts nodesDrainOptions) error {
	list := plan.Refused()
	if len(list) == 0 {
		return nil
	}
	var flags []string
	for _, t := range list {
		flags = append(flags, t.Flags...)
	}
	if len(flags) == 0 {
		return fmt.Errorf("%s cannot be evicted; nothing was changed", count(len(list), "pod"))
	}
	slices.Sort(flags)
	flags = slices.Compact(flags)
	words := append([]string{"nodes", "drain"}, opts.names...)
	if plan.Policy.For == nodes.ForReclaim {
		words[1] = "reclaim"
	}
	return hintError{
		usagef("%s cannot be evicted without %s; nothing was changed", count(len(list), "pod"), strings.Join(flags, " and ")),
		"if what is listed may go: " + app.again(slices.Concat(words, opts.given, flags)...),
	}
}

// showRefused lists all pods that may not be evicted, before the refusal.
func (app *App) showRefused(plan nodes.DrainPlan) error {
	list := plan.Refused()
	if err := app.showTenants(list, len(list)); err != nil {
		return err
	}
	app.warnDrain(plan)
	return nil
}

func tenantColumns(now time.Time) []ui.Column[nodes.Tenant] {
	return []ui.Column[nodes.Tenant]{
		{Header: "NAMESPACE", Value: func(t nodes.Tenant) string { return t.Namespace }},
		{Header: "POD", Shrink: true, Value: func(t nodes.Tenant) string { return t.Name }},
		{Header: "AGE", Right: true, Value: func(t nodes.Tenant) string { return ui.Age(now.Sub(t.Created)) }},
		{Header: "PLAN", Value: func(t nodes.Tenant) string { return string(t.Verdict) }, Role: verdictRole},
		{Header: "WHY", Wrap: true, Value: func(t nodes.Tenant) string { return t.Reason }},
		{Header: "NODE", Wide: true, Value: func(t nodes.Tenant) string { return t.Node }},
		{Header: "KIND", Wide: true, Value: func(t nodes.Tenant) string { return string(t.Kind) }},
		{Header: "USER", Wide: true, Value: func(t nodes.Tenant) string { return cmp.Or(t.User, "<none>") }},
	}
}

func verdictRole(t nodes.Tenant) ui.Role {
	switch t.Verdict {
	case nodes.Refuses:
		return ui.Bad
	case nodes.Ends:
		return ui.Warn
	default:
		return ui.Plain
	}
}

func drainNodeColumns(now time.Time) []ui.Column[nodes.DrainNode] {
	columns := []ui.Column[nodes.DrainNode]{
		{Header: "NODE", Shrink: true, Value: func(n nodes.DrainNode) string { return n.Name }},
		{Header: "STATUS", Value: func(n nodes.DrainNode) string { return subjectStatus(n.Subject) }, Role: func(n nodes.DrainNode) ui.Role { return subjectRole(n.Subject) }},
	}
	for _, verdict := range []nodes.Verdict{nodes.Moves, nodes.Ends, nodes.Clears, nodes.Waits, nodes.Keeps, nodes.Refuses} {
		columns = append(columns, ui.Column[nodes.DrainNode]{
			Header: strings.ToUpper(string(verdict)), Right: true,
			Wide:  verdict == nodes.Refuses,
			Value: func(n nodes.DrainNode) string { return itoa(n.Pods[verdict]) },
		})
	}
	return append(columns,
		ui.Column[nodes.DrainNode]{Header: "LAST ENDS", Right: true, Value: func(n nodes.DrainNode) string { return within(n.LastEnds, now) }},
		ui.Column[nodes.DrainNode]{Header: "NOTE", Wrap: true, Value: func(n nodes.DrainNode) string { return n.Reason }})
}

// within says in how long something should have happened.
func within(then, now time.Time) string {
	switch {
	case then.IsZero():
		return "-"
	case then.Before(now):
		return "overdue"
	default:
		return "in " + ui.Age(then.Sub(now))
	}
}
