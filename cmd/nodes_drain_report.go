package cmd

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/nodes"
)

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
