package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/journal"
	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/nodes"
)

// drainReport is what a drain came to.
type drainReport struct {
	plan        nodes.DrainPlan
	grave       string // why a plain yes is not enough, besides what the plan tells; or ""
	outcome     nodes.DrainReport
	blockers    nodes.BlockerReport // of the autoscaler, if the nodes are to be taken away; else nothing
	blockersErr error               // why these are not all known
	err         error
	asked       time.Duration // until the last pod was asked to go
	took        time.Duration // until all were gone, or not waited for
	requests    int64
}

// carryOut carries out the plan, shows how far that has come, and notes what
// came of it.
func (r *drainReport) carryOut(ctx context.Context, app *App, client *cluster.Client, opts nodesDrainOptions) {
	began := app.Now()
	view := &drainView{term: app.Term, of: r.plan.Evictions(), last: lastEnds(r.plan, app.Now()), asked: func() {
		if r.asked == 0 {
			r.asked = app.Now().Sub(began)
		}
	}}
	defer view.done()
	r.outcome, r.err = nodes.Drain(ctx, client, r.plan, nodes.DrainOptions{
		ChangeOptions: opts.options(), Timeout: opts.timeout, Wait: opts.wait, Progress: view.show,
	})
	if r.err == nil && r.plan.Policy.For == nodes.ForReclaim {
		r.findBlockers(ctx, client)
	}
	r.took, r.requests = app.Now().Sub(began), client.Requests()
}

// blockersTime is how long it may take to find out what blocks the autoscaler,
// also for an operator who has stopped.
const blockersTime = 15 * time.Second

// findBlockers finds out what still keeps the autoscaler from taking the nodes.
func (r *drainReport) findBlockers(ctx context.Context, client *cluster.Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), blockersTime)
	defer cancel()
	r.blockers, r.blockersErr = nodes.Blockers(ctx, client, nodeNamesOf(r.nodes()), time.Duration(r.plan.Policy.MaxAge))
}

// drainView shows a drain as it goes on: first the pods that are evicted, then
// the users who remain.
type drainView struct {
	term     *ui.Terminal
	of       int
	progress *ui.Progress
	guests   bool
	shown    int
	last     string // when those who remain should have ended
	asked    func() // called when all were asked to go
}

func (v *drainView) show(p nodes.DrainProgress) {
	if p.Asked == p.Of {
		v.asked()
	}
	if following := p.Remaining >= 0 && p.Gone+p.Blocked >= p.Of && p.Remaining > 0; following && !v.guests {
		v.done()
		v.guests, v.shown = true, 0
		v.of = p.Remaining
		v.progress = v.term.Start("waiting for users and builds", v.of)
		v.progress.Note(v.last)
	}
	if v.progress == nil {
		v.progress = v.term.Start("draining", v.of)
	}
	if v.guests {
		v.step(v.of - max(p.Remaining, 0))
		return
	}
	if p.Of != v.of {
		v.of = p.Of
		v.progress.Total(v.of)
	}
	v.progress.Note(drainNote(p))
	v.step(p.Gone)
}

func drainNote(p nodes.DrainProgress) string {
	if p.Blocked > 0 {
		return fmt.Sprintf("%d asked to go, %d held back by disruption budgets", p.Asked, p.Blocked)
	}
	return fmt.Sprintf("%d asked to go", p.Asked)
}

func (v *drainView) step(done int) {
	v.progress.Step(done - v.shown)
	v.shown = done
}

func (v *drainView) done() {
	if v.progress != nil {
		v.progress.Done()
	}
}

// drainDoc is a drainReport in JSON.
type drainDoc struct {
	Where  cluster.Location  `json:"where"`
	Digest string            `json:"digest"`
	Policy nodes.DrainPolicy `json:"policy"`
	nodes.NoRoom
	Asked    float64              `json:"askedSeconds"` // until the last pod was asked to go
	Seconds  float64              `json:"tookSeconds"`  // until all were gone, or not waited for
	Requests int64                `json:"requests"`
	Counts   map[nodes.Result]int `json:"counts"`
	Nodes    []drainedNode        `json:"nodes"`
	blockersDoc
	Items []nodes.PodOutcome `json:"items"`
}

// drainedNode is what became of a node and of what was on it.
type drainedNode struct {
	nodes.NodeOutcome
	Evicted   int       `json:"evicted"`
	Left      int       `json:"left"`      // pods that should have gone and have not
	Remaining int       `json:"remaining"` // users and builds that are left to finish
	LastEnds  time.Time `json:"lastEndsAt,omitzero"`
}

func (r *drainReport) nodes() []drainedNode {
	list := make([]drainedNode, len(r.outcome.Nodes))
	for i, node := range r.outcome.Nodes {
		list[i].NodeOutcome = node
		for _, o := range r.outcome.Pods {
			if o.Node == node.Name {
				list[i].count(o, r.plan.Policy)
			}
		}
	}
	return list
}

func (n *drainedNode) count(o nodes.PodOutcome, policy nodes.DrainPolicy) {
	switch {
	case o.Result == nodes.Remains:
		n.Remaining++
		if ends := policy.EndsBy(o.Tenant); ends.After(n.LastEnds) {
			n.LastEnds = ends
		}
	case !o.Result.Fine():
		n.Left++
	case o.Result == nodes.Stays, o.Result == nodes.Ended:
	default:
		n.Evicted++
	}
}

// troublesShown is how many pods that are not as they should be are shown to a
// person.
const troublesShown = 20

// reportDrain prints the outcome and returns what went wrong. People are shown
// the nodes, and the pods that are not as they should be; programs, and -o wide,
// get every pod; -o name names those that were evicted.
func (app *App) reportDrain(r *drainReport, opts nodesDrainOptions) error {
	if r.err != nil {
		return noRoomNow(r.err)
	}
	format, counts := opts.output, r.outcome.Counts()
	drained := r.nodes()
	shown := slices.DeleteFunc(slices.Clone(r.outcome.Pods), func(o nodes.PodOutcome) bool {
		gone := o.Result == nodes.Evicted || o.Result == nodes.Removed || o.Result == nodes.Would
		return format.IsHuman() && format != ui.Wide && o.Result.Fine() || format == ui.Name && !gone
	})
	var err error
	if format.IsHuman() {
		err = ui.Print(app.Term, ui.Table, ui.Document[drainedNode]{Rows: drained, Columns: drainedColumns(app.Now())})
	}
	if err == nil && len(shown) > 0 && format.IsHuman() {
		_, err = fmt.Fprintln(app.Term.Out)
		if more := len(shown) - troublesShown; more > 0 && format != ui.Wide {
			shown = shown[:troublesShown]
			app.Term.Say("%d more are not as they should be; -o wide shows all", more)
		}
	}
	if err == nil && (!format.IsHuman() || len(shown) > 0) {
		err = ui.Print(app.Term, format, ui.Document[nodes.PodOutcome]{
			Rows: shown, Columns: podOutcomeColumns(), Name: func(o nodes.PodOutcome) string { return tenantName(o.Tenant) },
			Doc: drainDoc{
				r.plan.Where, r.plan.Digest, r.plan.Policy, r.plan.NoRoom, r.asked.Seconds(), r.took.Seconds(), r.requests, counts,
				drained, r.blockersDoc(), append([]nodes.PodOutcome{}, r.outcome.Pods...),
			},
		})
	}
	if format.IsHuman() && err == nil && len(r.outcome.Pods) > 0 {
		_, err = fmt.Fprintf(app.Term.Out, "%s%s\n", drainTally(counts), tookPhrase(r.took))
	}
	if err == nil {
		err = app.showBlockers(r, format)
	}
	app.sayNext(r, drained, counts, opts)
	return joinFirst(app.undrained(r, drained, counts), err)
}

// sayNext says what an operator may do next, who has left nodes cordoned.
func (app *App) sayNext(r *drainReport, drained []drainedNode, counts map[nodes.Result]int, opts nodesDrainOptions) {
	if opts.dryRun != dryRunNone {
		app.Term.Say("dry run: nothing was changed")
		return
	}
	switch {
	case counts[nodes.Remains] > 0 && r.plan.Policy.Users == nodes.UsersDeadline:
		app.Term.Say("the deadline is no longer kept; to keep it: %s", app.again(keepDeadline(drained, r.plan.Policy.Deadline, app.Now())...))
	case counts[nodes.Remains] > 0:
		app.Term.Say("follow those who remain with: %s", app.again(append([]string{"nodes", "drain", "--wait"}, nodeNamesOf(drained)...)...))
	}
	if ours := cordonedByDrain(drained); len(ours) > 0 {
		undo := append([]string{"nodes", "drain", "--undo"}, ours...)
		if r.plan.Policy.For != nodes.ForDrain {
			undo = append([]string{"nodes", "uncordon"}, ours...)
		}
		app.Term.Say("cordoned until you undo it with: %s", app.again(undo...))
	}
	var before []nodes.Subject
	for _, node := range drained {
		if node.Result != nodes.Cordoned && !openedOrGone(node.Result) {
			before = append(before, node.Subject)
		}
	}
	app.sayNotByDrain(before, r.plan.Mark.By)
}

func nodeNamesOf(drained []drainedNode) []string {
	names := make([]string, len(drained))
	for i, node := range drained {
		names[i] = node.Name
	}
	return names
}

// cordonedByDrain names the nodes that were open before this drain, or the one
// that it goes on with.
func cordonedByDrain(drained []drainedNode) []string {
	var names []string
	for _, node := range drained {
		marked := node.Holder.Ours() && node.Holder.For == nodes.ForDrain
		if node.Result == nodes.Cordoned || marked && node.Result != nodes.Failed && node.Result != nodes.Untried && !openedOrGone(node.Result) {
			names = append(names, node.Name)
		}
	}
	return names
}

// openedOrGone reports whether there is no cordon left to take back.
func openedOrGone(result nodes.Result) bool {
	return result == nodes.Gone || result == nodes.Replaced || result == nodes.Reopened
}

// undrained is the error of a drain after which something remains to be done.
func (app *App) undrained(r *drainReport, drained []drainedNode, counts map[nodes.Result]int) error {
	left := 0
	for result, n := range counts {
		if !result.Fine() {
			left += n
		}
	}
	again := "run the same drain again to complete it"
	for _, node := range drained {
		switch {
		case node.Result == nodes.Undrained:
			return hintError{fmt.Errorf("node %s was cordoned and not drained: %s", node.Name, node.Detail), again}
		case node.Result == nodes.Reopened:
			return hintError{fmt.Errorf("node %s was not drained: %s", node.Name, node.Detail), "if it still is to be, " + again}
		case !node.Result.Fine():
			return hintError{errors.New("not every node was cordoned"), again}
		}
	}
	if left == 0 {
		return nil
	}
	var why []string
	for _, result := range []nodes.Result{nodes.Failed, nodes.Untried, nodes.Stuck, nodes.Spared, nodes.Blocked} {
		if n := counts[result]; n > 0 {
			why = append(why, fmt.Sprintf("%d %s", n, result))
		}
	}
	if counts[nodes.Blocked] > 0 {
		why = append(why, r.outcome.Budgets()...)
	}
	again = drainHint(r.outcome, again)
	return hintError{fmt.Errorf("%s could not leave: %s", count(left, "pod"), strings.Join(why, "; ")), again}
}

// drainTally says in words how many pods went which way.
func drainTally(counts map[nodes.Result]int) string {
	var parts []string
	for _, result := range nodes.PodResults() {
		if n := counts[result]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, result))
		}
	}
	return "pods: " + strings.Join(parts, ", ")
}

func drainedColumns(now time.Time) []ui.Column[drainedNode] {
	return []ui.Column[drainedNode]{
		{Header: "NODE", Shrink: true, Value: func(n drainedNode) string { return n.Name }},
		{Header: "RESULT", Value: func(n drainedNode) string { return string(n.Result) }, Role: func(n drainedNode) ui.Role { return resultRole(n.Result) }},
		{Header: "GONE", Right: true, Value: func(n drainedNode) string { return itoa(n.Evicted) }},
		{Header: "NOT GONE", Right: true, Value: func(n drainedNode) string { return itoa(n.Left) }, Role: warnIf(func(n drainedNode) bool { return n.Left > 0 })},
		{Header: "REMAIN", Right: true, Value: func(n drainedNode) string { return itoa(n.Remaining) }},
		{Header: "LAST ENDS", Right: true, Value: func(n drainedNode) string { return within(n.LastEnds, now) }},
		{Header: "DETAIL", Wrap: true, Value: func(n drainedNode) string { return n.Detail }},
	}
}

func podOutcomeColumns() []ui.Column[nodes.PodOutcome] {
	return []ui.Column[nodes.PodOutcome]{
		{Header: "NAMESPACE", Value: func(o nodes.PodOutcome) string { return o.Namespace }},
		{Header: "POD", Shrink: true, Value: func(o nodes.PodOutcome) string { return o.Name }},
		{Header: "RESULT", Value: func(o nodes.PodOutcome) string { return string(o.Result) }, Role: func(o nodes.PodOutcome) ui.Role { return resultRole(o.Result) }},
		{Header: "DETAIL", Wrap: true, Value: func(o nodes.PodOutcome) string { return o.Detail }},
		{Header: "NODE", Wide: true, Value: func(o nodes.PodOutcome) string { return o.Node }},
		{Header: "KIND", Wide: true, Value: func(o nodes.PodOutcome) string { return string(o.Kind) }},
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
