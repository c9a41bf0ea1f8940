package cmd

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/journal"
	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/nodes"
)

// showCordonPlan shows, on stderr, what the operator should know before
// agreeing; to one who has agreed, and wants quiet, only what is dangerous.
func (app *App) showCordonPlan(plan nodes.CordonPlan, yes bool) error {
	if err := app.showSteps(plan.Nodes, "cordon", yes); err != nil {
		return err
	}
	app.warnNoRoom(plan.NoRoom)
	if plan.Mark.Reason == "" {
		app.Term.Say("no --reason is given; whoever finds the node will only know it was %s", plan.Mark.By)
	}
	return nil
}

// showSteps shows what is to be done about each node.
func (app *App) showSteps(steps []nodes.Step, verb string, yes bool) error {
	var err error
	if !yes || !app.global.quiet {
		err = ui.PrintTable(app.Term, stepColumns(verb, app.Now()), steps)
		app.Term.Say("")
	}
	for _, step := range steps {
		if step.Change && verb == "uncordon" && notYours(step) {
			app.Term.Warn("%s is not known to be your cordon: ask first whether it is still needed", step.Name)
		}
	}
	return err
}

// notYours reports whether a node that would be opened was closed by somebody
// else, as its note says, or by who knows whom.
func notYours(step nodes.Step) bool {
	return !step.Holder.Ours() || strings.HasSuffix(step.Reason, nodes.NotYours)
}

// printCordonPlan prints a plan as the answer.
func (app *App) printCordonPlan(plan nodes.CordonPlan, format ui.Format) error {
	err := ui.Print(app.Term, format, ui.Document[nodes.Step]{
		Doc: plan, Rows: plan.Nodes, Columns: stepColumns("cordon", app.Now()), Name: stepName,
	})
	app.sayPlanned(plan.Where, format)
	app.warnNoRoom(plan.NoRoom)
	return err
}

// sayPlanned says of a printed plan where it is for and that it was not carried
// out.
func (app *App) sayPlanned(where cluster.Location, format ui.Format) {
	if format.IsHuman() {
		app.sayPlace(where, true)
		app.Term.Say("dry run: nothing was changed")
	}
}

func stepName(s nodes.Step) string { return "node/" + s.Name }

func stepColumns(verb string, now time.Time) []ui.Column[nodes.Step] {
	return []ui.Column[nodes.Step]{
		{Header: "NODE", Shrink: true, Value: func(s nodes.Step) string { return s.Name }},
		{Header: "POOL", Wide: true, Value: func(s nodes.Step) string { return cmp.Or(s.Pool, "<none>") }},
		{Header: "STATUS", Value: func(s nodes.Step) string { return subjectStatus(s.Subject) }, Role: func(s nodes.Step) ui.Role { return subjectRole(s.Subject) }},
		{Header: "AGE", Right: true, Wide: true, Value: func(s nodes.Step) string { return ui.Age(now.Sub(s.Created)) }},
		{Header: "PLAN", Value: func(s nodes.Step) string {
			if s.Change {
				return verb
			}
			return "leave"
		}},
		{Header: "NOTE", Wrap: true, Value: func(s nodes.Step) string { return s.Reason }},
	}
}

// subjectStatus is a node's state in a word, or kubectl's two.
func subjectStatus(s nodes.Subject) string {
	status := "Ready"
	if !s.Ready {
		status = "NotReady"
	}
	if s.Cordoned {
		status += ",cordoned"
	}
	return status
}

func subjectRole(s nodes.Subject) ui.Role {
	switch {
	case !s.Ready:
		return ui.Bad
	case s.Cordoned:
		return ui.Warn
	default:
		return ui.Plain
	}
}

// warnNoRoom warns of what would have no room left.
func (app *App) warnNoRoom(room nodes.NoRoom) {
	for _, pool := range room.Closed {
		app.Term.Warn("%s has no node left then that takes new pods: those that need it will stay Pending", pool)
	}
	if !room.Launches {
		app.Term.Warn("no node is left then for users' pods: the whole Hub takes no launches until one is uncordoned or added")
	}
	for _, line := range strandedLines(room.Stranded) {
		app.Term.Warn("%s: only on cordoned nodes then; if a pod of theirs ends it cannot start again", line)
	}
	for _, what := range room.Unseen {
		app.Term.Warn("you may not list %s in all namespaces, so not every service that would have no node left is known", what)
	}
}

// strandedShown is how many services of a namespace are named in one line.
const strandedShown = 6

// strandedLines names, for each namespace, its services.
func strandedLines(stranded []nodes.Workload) []string {
	var lines []string
	for namespace, names := range byNamespace(stranded) {
		more := ""
		if n := len(names) - strandedShown; n > 0 {
			names, more = names[:strandedShown], fmt.Sprintf(" and %d more", n)
		}
		lines = append(lines, fmt.Sprintf("%s%s in %s", strings.Join(names, ", "), more, namespace))
	}
	return lines
}

// byNamespace goes through workloads, which are in order, namespace by namespace.
func byNamespace(workloads []nodes.Workload) func(yield func(string, []string) bool) {
	return func(yield func(string, []string) bool) {
		for len(workloads) > 0 {
			namespace, names := workloads[0].Namespace, []string{}
			for len(workloads) > 0 && workloads[0].Namespace == namespace {
				names = append(names, workloads[0].Name)
				workloads = workloads[1:]
			}
			if !yield(namespace, names) {
				return
			}
		}
	}
}

// nodeReport is what changing nodes came to.
type nodeReport struct {
	where    cluster.Location
	digest   string
	noRoom   *nodes.NoRoom // of what was cordoned
	outcomes []nodes.NodeOutcome
}

// nodeReportDoc is a nodeReport in JSON.
type nodeReportDoc struct {
	Where  cluster.Location `json:"where"`
	Digest string           `json:"digest"`
	*nodes.NoRoom
	Counts map[nodes.Result]int `json:"counts"`
	Items  []nodes.NodeOutcome  `json:"items"`
}

// reportNodes prints what became of nodes and returns what went wrong. -o name
// names those that were changed.
func (app *App) reportNodes(r *nodeReport, format ui.Format) error {
	counts := map[nodes.Result]int{}
	shown := []nodes.NodeOutcome{}
	for _, o := range r.outcomes {
		counts[o.Result]++
		if changed := o.Result == nodes.Cordoned || o.Result == nodes.Uncordoned || o.Result == nodes.Would; changed || format != ui.Name {
			shown = append(shown, o)
		}
	}
	err := ui.Print(app.Term, format, ui.Document[nodes.NodeOutcome]{
		Rows: shown, Columns: nodeOutcomeColumns(), Name: func(o nodes.NodeOutcome) string { return "node/" + o.Name },
		Doc: nodeReportDoc{r.where, r.digest, r.noRoom, counts, append([]nodes.NodeOutcome{}, r.outcomes...)},
	})
	return joinFirst(unfinishedNodes(r.outcomes), err)
}

// unfinishedNodes is the error of a change after which something remains to be
// done.
func unfinishedNodes(outcomes []nodes.NodeOutcome) error {
	left := 0
	for _, o := range outcomes {
		if !o.Result.Fine() {
			left++
		}
	}
	if left == 0 {
		return nil
	}
	return hintError{fmt.Errorf("%d of %s not changed", left, count(len(outcomes), "node")), "run the same command again to complete it"}
}

func nodeOutcomeColumns() []ui.Column[nodes.NodeOutcome] {
	return []ui.Column[nodes.NodeOutcome]{
		{Header: "NODE", Shrink: true, Value: func(o nodes.NodeOutcome) string { return o.Name }},
		{Header: "RESULT", Value: func(o nodes.NodeOutcome) string { return string(o.Result) }, Role: func(o nodes.NodeOutcome) ui.Role { return resultRole(o.Result) }},
		{Header: "POOL", Wide: true, Value: func(o nodes.NodeOutcome) string { return cmp.Or(o.Pool, "<none>") }},
		{Header: "DETAIL", Wrap: true, Value: func(o nodes.NodeOutcome) string { return o.Detail }},
	}
}

func resultRole(result nodes.Result) ui.Role {
	switch {
	case !result.Fine():
		return ui.Bad
	case result == nodes.Unchanged, result == nodes.Replaced:
		return ui.Warn
	default:
		return ui.Good
	}
}

func plannedNodes(steps []nodes.Step) []journal.Outcome {
	list := []journal.Outcome{}
	for _, step := range steps {
		if step.Change {
			list = append(list, journal.Outcome{Object: "node/" + step.Name, UID: string(step.UID), Result: "planned"})
		}
	}
	return list
}

func journalledNodes(outcomes []nodes.NodeOutcome) []journal.Outcome {
	list := make([]journal.Outcome, len(outcomes))
	for i, o := range outcomes {
		list[i] = journal.Outcome{Object: "node/" + o.Name, UID: string(o.UID), Result: string(o.Result), Detail: o.Detail}
	}
	return list
}
