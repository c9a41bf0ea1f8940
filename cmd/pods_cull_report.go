package cmd

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/pods"
)

// printPlan prints a plan as the answer: every pod that would go.
func (app *App) printPlan(plan pods.Plan, format ui.Format) error {
	err := ui.Print(app.Term, format, ui.Document[pods.Victim]{
		Doc: plan, Rows: plan.Victims, Columns: victimColumns(app.Now()),
		Name: func(v pods.Victim) string { return "pod/" + v.Name },
	})
	if format.IsHuman() {
		app.sayWhere(plan.Where)
		app.summarize(plan)
		app.Term.Say("dry run: nothing was deleted")
	}
	return err
}

// victimsShown is how many pods of a plan are shown before the question; the
// rest is in the summary by repository, and all are in a dry run.
const victimsShown = 5

// showPlan shows, on stderr, what the operator should know before agreeing; to
// one who has agreed, and wants quiet, only what is dangerous.
func (app *App) showPlan(plan pods.Plan, way route, opts podsCullOptions) error {
	if !opts.yes || !app.global.quiet {
		if err := app.showVictims(plan); err != nil {
			return err
		}
	}
	app.sayRoute(way, len(plan.Victims))
	if plan.Policy.Force() {
		app.Term.Warn("--force removes the records at once: on a node that lives, or comes back, processes may go on without anybody knowing")
	}
	return nil
}

// showVictims shows the first of the pods that are to go, and what that costs.
// The summary comes last, next to the question.
func (app *App) showVictims(plan pods.Plan) error {
	first, more := firstOf(plan.Victims, victimsShown)
	if err := ui.PrintTable(app.Term, victimColumns(app.Now()), first); err != nil {
		return err
	}
	app.sayMore(more, "; --dry-run lists all")
	app.Term.Say("")
	if len(plan.Cost.ByRepo) > 1 {
		repos, more := firstOf(plan.Cost.ByRepo, reposShown)
		if err := ui.PrintTable(app.Term, costColumns(app.Now()), repos); err != nil {
			return err
		}
		app.sayMore(more, " repositories")
		app.Term.Say("")
	}
	app.summarize(plan)
	return nil
}

// reposShown is how many repositories the plan names before the question.
const reposShown = 10

// summarize says what a plan costs and regains.
func (app *App) summarize(plan pods.Plan) {
	cost := plan.Cost
	app.Term.Say("which: %s", plan.Policy)
	for _, repo := range plan.Idle {
		app.Term.Warn("no pod runs %s: is the name right?", repo)
	}
	if cost.OfPods == 0 && !plan.Policy.Builds {
		app.Term.Warn("no user's pod is in namespace %s: is it the right one?", plan.Where.Namespace)
	}
	app.Term.Say("to delete: %d of %s", len(plan.Victims), noun(plan.Policy.Builds, plan.Cost.OfPods))
	if !plan.Policy.Builds {
		app.Term.Say("users: %s cut off, %d waiting lose their turn, of %d", count(cost.Users, "session"), cost.Waiting, cost.OfUsers)
	}
	app.Term.Say("regained: %s of CPU and %s of memory requested, %s", ui.Cores(cost.CPU), ui.Bytes(cost.Memory), count(cost.PodSlots, "pod slot"))
	if len(cost.Emptied) > 0 {
		app.Term.Say("nodes left without such pods: %d (%s)", len(cost.Emptied), someOf(cost.Emptied))
	}
	for _, spared := range plan.Spared {
		names := ""
		if strings.HasPrefix(spared.Reason, "not certainly") {
			names = " (" + strings.Join(spared.Examples, ", ") + ")"
		}
		app.Term.Say("spared: %d %s%s", spared.Pods, spared.Reason, names)
	}
}

func noun(builds bool, n int) string {
	if builds {
		return count(n, "build")
	}
	return count(n, "user pod")
}

// namesShown is how many names stand in one line.
const namesShown = 3

// someOf lists the first few names.
func someOf(names []string) string {
	if len(names) > namesShown {
		return strings.Join(names[:namesShown], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

func victimColumns(now time.Time) []ui.Column[pods.Victim] {
	return []ui.Column[pods.Victim]{
		{Header: "NAME", Shrink: true, Value: func(v pods.Victim) string { return v.Name }},
		{Header: "REPO", Shrink: true, Value: func(v pods.Victim) string { return repoShown(v.Pod) }},
		{Header: "STATUS", Value: func(v pods.Victim) string { return v.Status }},
		{Header: "AGE", Right: true, Value: func(v pods.Victim) string { return ui.Age(v.Age(now)) }},
		{Header: "REASON", Shrink: true, Value: func(v pods.Victim) string { return v.Reason }},
		{Header: "NODE", Wide: true, Value: func(v pods.Victim) string { return cmp.Or(v.Node, "<none>") }},
		{Header: "USER", Wide: true, Value: func(v pods.Victim) string { return v.User }},
	}
}

func costColumns(now time.Time) []ui.Column[pods.RepoCost] {
	return []ui.Column[pods.RepoCost]{
		{Header: "REPO", Shrink: true, Value: func(c pods.RepoCost) string { return c.Repo }},
		{Header: "PODS", Right: true, Value: func(c pods.RepoCost) string { return itoa(c.Pods) }},
		{Header: "SESSIONS", Right: true, Value: func(c pods.RepoCost) string { return itoa(c.Users) }},
		{Header: "OLDEST", Right: true, Value: func(c pods.RepoCost) string { return ui.Age(now.Sub(c.Oldest)) }},
	}
}

// reportDoc is a cullReport in JSON.
type reportDoc struct {
	Where    cluster.Location    `json:"where"`
	Digest   string              `json:"digest"`
	Asked    float64             `json:"askedSeconds"` // until the last pod was asked to go
	Seconds  float64             `json:"tookSeconds"`  // until it was gone, or not waited for
	Requests int64               `json:"requests"`
	Through  int                 `json:"throughHub"` // how many the Hub was asked to stop
	Past     string              `json:"pastHub"`    // why not through the Hub, if that was wanted
	Counts   map[pods.Result]int `json:"counts"`
	Items    []pods.Outcome      `json:"items"`
}

// report prints the outcome and returns what went wrong. People are shown what
// is not as it should be; programs, and -o wide, get every pod; -o name names
// those that were deleted.
func (app *App) report(r *cullReport, format ui.Format) error {
	counts := map[pods.Result]int{}
	for _, o := range r.outcomes {
		counts[o.Result]++
	}
	shown := slices.DeleteFunc(slices.Clone(r.outcomes), func(o pods.Outcome) bool {
		removed := o.Result == pods.Deleted || o.Result == pods.Would
		return removed && format.IsHuman() && format != ui.Wide || !removed && format == ui.Name
	})
	var err error
	if !format.IsHuman() || len(shown) > 0 {
		err = ui.Print(app.Term, format, ui.Document[pods.Outcome]{
			Rows: shown, Columns: outcomeColumns(),
			Name: func(o pods.Outcome) string { return "pod/" + o.Name },
			Doc:  reportDoc{r.plan.Where, r.plan.Digest, r.asked.Seconds(), r.took.Seconds(), r.requests, r.route.through, r.route.past, counts, r.outcomes},
		})
	}
	if format.IsHuman() && err == nil {
		_, err = fmt.Fprintf(app.Term.Out, "%s%s\n", tally(counts), tookPhrase(r.took))
	}
	if r.stayed {
		return joinFirst(app.leftByHub(r, counts), err)
	}
	return joinFirst(app.unfinished(counts, len(r.outcomes)), err)
}

// leftByHub is the error of a cull of which the rest was left alone, as the Hub
// was lost and nothing went past it.
func (app *App) leftByHub(r *cullReport, counts map[pods.Result]int) error {
	return hintError{
		fmt.Errorf("%d of %s left alone: %w", counts[pods.Failed]+counts[pods.Untried], count(len(r.outcomes), "pod"), r.lost),
		"what is wrong with the Hub: " + app.again(append([]string{"hub", "status"}, r.route.given...)...) +
			"; once it is well, run the same cull again, or go past it with --via kubernetes",
	}
}

// joinFirst is the more important of two errors.
func joinFirst(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

// tally says in words how many pods went which way.
func tally(counts map[pods.Result]int) string {
	var parts []string
	for _, result := range slices.Backward(pods.Results()) {
		if n := counts[result]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, result))
		}
	}
	return "pods: " + strings.Join(parts, ", ")
}

func tookPhrase(took time.Duration) string {
	if took == 0 {
		return ""
	}
	return " in " + took.Round(10*time.Millisecond).String()
}

// unfinished is the error of a cull after which something remains to be done.
func (app *App) unfinished(counts map[pods.Result]int, all int) error {
	failed, untried, stuck := counts[pods.Failed], counts[pods.Untried], counts[pods.Stuck]
	switch {
	case failed > 0:
		return hintError{fmt.Errorf("%d of %s not deleted", failed+untried, count(all, "pod")), "run the same cull again to complete it"}
	case untried > 0:
		return hintError{fmt.Errorf("%d of %s not tried", untried, count(all, "pod")), "run the same cull again to complete it"}
	case stuck > 0:
		return hintError{fmt.Errorf("%d of %s still terminating", stuck, count(all, "pod")), "see them with: " + app.again("pods", "list", "--status", "Terminating")}
	default:
		return nil
	}
}

func outcomeColumns() []ui.Column[pods.Outcome] {
	return []ui.Column[pods.Outcome]{
		{Header: "NAME", Shrink: true, Value: func(o pods.Outcome) string { return o.Name }},
		{Header: "RESULT", Value: func(o pods.Outcome) string { return string(o.Result) }, Role: outcomeRole},
		{Header: "NODE", Shrink: true, Value: func(o pods.Outcome) string { return cmp.Or(o.Node, "<none>") }},
		{Header: "DETAIL", Wrap: true, Value: func(o pods.Outcome) string { return o.Detail }},
		{Header: "REPO", Wide: true, Value: func(o pods.Outcome) string { return o.Repo }},
		{Header: "REASON", Wide: true, Value: func(o pods.Outcome) string { return o.Reason }},
	}
}

func outcomeRole(o pods.Outcome) ui.Role {
	switch {
	case !o.Result.Fine():
		return ui.Bad
	case o.Result == pods.Skipped || o.Result == pods.Replaced:
		return ui.Warn
	default:
		return ui.Good
	}
}

// nothingToCull says that no pod fits, and what would.
func (app *App) nothingToCull(plan pods.Plan, dropped []pods.Outcome, format ui.Format) error {
	if !format.IsHuman() || len(dropped) > 0 {
		return app.report(&cullReport{plan: plan, outcomes: slices.Concat([]pods.Outcome{}, dropped)}, format)
	}
	app.summarize(plan)
	app.Term.Say("nothing to delete in namespace %s of %s", plan.Where.Namespace, plan.Where.Context)
	return nil
}

// applyPlan carries out a plan from a file, less what has changed since.
func applyPlan(ctx context.Context, app *App, client *cluster.Client, plan pods.Plan, opts podsCullOptions) error {
	app.Term.Say("plan of %s, %s ago", plan.Made.Format(time.RFC3339), ui.Age(app.Now().Sub(plan.Made)))
	still, dropped, err := pods.Verify(ctx, client, plan)
	if err != nil {
		return err
	}
	if err := sameTime(client); err != nil { // a file may say what it likes, so that ages are judged anew
		return err
	}
	if len(dropped) > 0 {
		app.Term.Say("%s changed since: left out", count(len(dropped), "pod"))
	}
	if opts.dryRun == dryRunClient {
		return app.printPlan(still, opts.output)
	}
	return cull(ctx, app, client, still, dropped, opts)
}
