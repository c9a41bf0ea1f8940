package cmd

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/nodes"
)

const nodesListLong = `List the nodes of the cluster: how many users each has, how full it is, whether
it takes more, and why not. Below the table: how many more user pods fit, on the
nodes there are, on cordoned ones and on those the autoscaler may still add, and
when the cluster will be full.

A user pod is taken to request what the present ones do (the median), and to
tolerate and select the nodes that the youngest does. CPU and MEM are what pods
request of what a node can allot, which is what the scheduler goes by.

An autoscaler's limit counts cordoned nodes too: give it with --max-nodes, or
set max-nodes in the configuration.

"Full in about" goes by the user pods that came in the last half hour and are
still there, and supposes that nobody leaves, so it is rather too early than too
late. The range is the 95 % interval of the rate. It is left out where fewer than
ten came, or if it would be more than six hours.

The filters choose rows; what is said below the table is about the whole cluster.`

const nodesListExample = `  # How full is the cluster, and when will there be no room?
  binderctl nodes list --max-nodes 15

  # Which nodes has somebody cordoned, when, with what and why?
  binderctl nodes list --cordoned -o wide

  # Nodes of one pool, those with the most room first
  binderctl nodes list -l cloud.google.com/gke-nodepool=user --sort-by free

  # How many more users fit, for another program
  binderctl nodes list -o 'jsonpath={.headroom.now}'`

type nodesListOptions struct {
	labels   selectorFlag
	cordoned bool
	sortBy   nodes.Order
	maxNodes countFlag
	output   ui.Format
}

func newNodesList(app *App) *cobra.Command {
	opts := nodesListOptions{sortBy: nodes.ByName}
	cmd := &cobra.Command{
		Use:     "list [flags]",
		Aliases: []string{"ls"},
		Short:   "List nodes with their users and the room left, and when there will be none",
		Long:    nodesListLong,
		Example: nodesListExample,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return nodesList(cmd.Context(), app, opts) },
	}
	flags := cmd.Flags()
	flags.VarP(&opts.labels, "selector", "l", "only nodes with these labels, such as hub.jupyter.org/node-purpose=user")
	flags.BoolVar(&opts.cordoned, "cordoned", false, "only nodes that are cordoned")
	flags.Var(&opts.maxNodes, "max-nodes", "how many nodes for users the autoscaler may have, `N`")
	choiceFlag(cmd, &opts.sortBy, "sort-by", "KEY", nodes.Orders(), "order of the list")
	outputFlag(cmd, &opts.output)
	setNeeds(cmd, nodeNeeds()...)
	return cmd
}

// nodeNeeds are what it takes to see nodes and what is on them.
func nodeNeeds() []need {
	return []need{
		{Resource: "nodes", Verbs: []string{"list"}, Why: "to see the nodes", Cluster: true},
		{Resource: "pods", Verbs: []string{"list", "watch"}, Why: "to see what is on them; watch is for lists that stream", Cluster: true},
		{Resource: "namespaces", Verbs: []string{"list"}, Why: "to see the pods of some namespaces where those of all are not allowed", Cluster: true},
		{Group: "coordination.k8s.io", Resource: "leases", Verbs: []string{"list"}, Why: "to see which kubelets are alive", Cluster: true},
	}
}

// countFlag is a number of things, one at least.
type countFlag int

func (f *countFlag) String() string {
	if *f == 0 {
		return ""
	}
	return itoa(int(*f))
}

func (f *countFlag) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return errors.New("want a number, 1 or more")
	}
	*f = countFlag(n)
	return nil
}

func (f *countFlag) Type() string { return "N" }

func nodesList(ctx context.Context, app *App, opts nodesListOptions) error {
	client, err := app.dial() // nodes are in no namespace
	if err != nil {
		return err
	}
	listing, err := nodes.List(ctx, client, int(opts.maxNodes))
	if err != nil {
		return err
	}
	app.remarkNodes(listing.Missing, listing.Unseen, "so there is less room than it seems")
	if len(listing.Nodes) == 0 {
		app.Term.Say("%s has no nodes", client.Where.Context)
	}
	return app.printNodes(client.Where, &listing, opts)
}

// printNodes prints the nodes that are chosen and, for people, what they mean
// for users to come.
func (app *App) printNodes(where cluster.Location, listing *nodes.Listing, opts nodesListOptions) error {
	rows := []nodeRow{}
	for i := range listing.Nodes {
		if n := &listing.Nodes[i]; opts.chooses(n) {
			rows = append(rows, newNodeRow(n, listing))
		}
	}
	if len(rows) == 0 && len(listing.Nodes) > 0 {
		app.Term.Say("none of the %s of %s match", count(len(listing.Nodes), "node"), where.Context)
	}
	slices.SortFunc(rows, func(a, b nodeRow) int { return opts.sortBy.Compare(a.Node, b.Node) })
	err := ui.Print(app.Term, opts.output, ui.Document[nodeRow]{
		Rows: rows, Columns: nodeColumns(opts.sortBy), Name: func(r nodeRow) string { return "node/" + r.Name },
		Head: nodesHead(where, listing),
	})
	if err != nil || !opts.output.IsHuman() {
		return err
	}
	if err := app.writeTotals(listing, rows, opts.output); err != nil {
		return err
	}
	app.hintRunbook(bookForRoom(&listing.Headroom))
	return nil
}

func (o nodesListOptions) chooses(n *nodes.Node) bool {
	return (o.labels.Selector == nil || o.labels.Matches(labels.Set(n.Labels()))) && (!o.cordoned || n.Cordoned != nil)
}

// remarkNodes says on stderr what could not be seen, and what that means; hence
// is what follows from pods that were not.
func (app *App) remarkNodes(missing []nodes.Missing, unseen []string, hence string) {
	for _, m := range missing {
		app.Term.Warn("no %s: %s", m.List, without(m))
	}
	if len(unseen) > 0 {
		app.Term.Warn("you may not list pods in %s; what is there is missing, %s", strings.Join(unseen, ", "), hence)
	}
}

// without says what is not known for lack of a list.
func without(m nodes.Missing) string {
	consequence := map[string]string{
		"leases": "so a kubelet that fell silent in the last minute is not noticed",
		"pods":   "so nothing is known of what is on the nodes",
		"events": "so what the kernel and the kubelets reported is missing",
	}[m.List]
	return m.Why + "; " + consequence
}

// nodesListHead is what JSON says beside the nodes.
type nodesListHead struct {
	Where    cluster.Location `json:"where"`
	At       time.Time        `json:"at"`
	Headroom *nodes.Headroom  `json:"headroom"` // null if the pods could not be read
	Forecast *nodes.Forecast  `json:"forecast"` // null if there is too little to say
	Missing  []nodes.Missing  `json:"missing"`
	Unseen   []string         `json:"unseen"`
}

func nodesHead(where cluster.Location, l *nodes.Listing) nodesListHead {
	head := nodesListHead{Where: where, At: l.At.Truncate(time.Second), Missing: l.Missing, Unseen: l.Unseen}
	if l.PodsKnown() {
		head.Headroom, head.Forecast = &l.Headroom, l.Forecast
	}
	return head
}
