package cmd

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/nodes"
)

const nodesFindUnhealthyLong = `Rank the nodes by what speaks against them, also those that say Ready.

Evidence is what a node says of itself, what the kernel and the kubelets
reported, and how its pods fare beside those of other nodes: what crashes there
and runs well elsewhere, what does not start or end there, whose servers fail.
Each piece has a weight, and a node whose weights come to 10 is unhealthy.

What happens on ordinary days does not come to that: users whose servers go over
their own memory limit, a rolling update, a volume that took two attempts. What
chance explains does not count, and what many nodes show counts a quarter.

binderctl nodes find-unhealthy --weights prints every kind of evidence with its
weight and the reason for it.

Exits with 3 if a node is unhealthy and with 0 if none is. Less may be read than
there is: what could not be is named in a warning, and is missing.`

const nodesFindUnhealthyExample = `  # Which node is it?
  binderctl nodes find-unhealthy

  # Every node with anything against it
  binderctl nodes find-unhealthy --all

  # For a script: names of the unhealthy nodes, exit code 3 if there are any
  binderctl nodes find-unhealthy -o name`

type nodesFindUnhealthyOptions struct {
	all     bool
	weights bool
	output  ui.Format
}

func newNodesFindUnhealthy(app *App) *cobra.Command {
	opts := nodesFindUnhealthyOptions{}
	cmd := &cobra.Command{
		Use:     "find-unhealthy [flags]",
		Short:   "Rank nodes by suspicion, with the evidence, also those that say Ready",
		Long:    nodesFindUnhealthyLong,
		Example: nodesFindUnhealthyExample,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.weights {
				return printWeights(app, opts.output)
			}
			return nodesFindUnhealthy(cmd.Context(), app, opts)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&opts.all, "all", false, "also nodes with too little against them to be called unhealthy")
	flags.BoolVar(&opts.weights, "weights", false, "print what counts as evidence and how much, and ask no cluster")
	outputFlag(cmd, &opts.output)
	cmd.MarkFlagsMutuallyExclusive("all", "weights")
	setNeeds(cmd, append(nodeNeeds(),
		need{Resource: "events", Verbs: []string{"list"}, Why: "to see what the kernel and the kubelets reported", Cluster: true})...)
	return cmd
}

func nodesFindUnhealthy(ctx context.Context, app *App, opts nodesFindUnhealthyOptions) error {
	client, err := app.dial() // nodes are in no namespace
	if err != nil {
		return err
	}
	found, err := nodes.FindUnhealthy(ctx, client)
	if err != nil {
		return err
	}
	app.remarkNodes(found.Missing, found.Unseen, "and so may be what speaks against a node")
	if err := app.printSuspects(client, &found, opts); err != nil {
		return err
	}
	app.sayVerdict(client, &found, opts)
	if len(found.Unhealthy()) > 0 {
		return unhealthyError{}
	}
	return nil
}

// suspectsHead is what JSON says beside the suspects.
type suspectsHead struct {
	Where     cluster.Location `json:"where"`
	At        time.Time        `json:"at"`
	Threshold float64          `json:"threshold"`
	Nodes     int              `json:"nodes"`
	Unhealthy int              `json:"unhealthy"`
	Missing   []nodes.Missing  `json:"missing"`
	Unseen    []string         `json:"unseen"`
}

func (app *App) printSuspects(client *cluster.Client, found *nodes.Findings, opts nodesFindUnhealthyOptions) error {
	suspects := found.Unhealthy()
	head := suspectsHead{
		client.Where, found.At.Truncate(time.Second), nodes.Threshold, found.Nodes, len(suspects), found.Missing, found.Unseen,
	}
	if opts.all {
		suspects = found.Suspects
	}
	rows := make([]suspectRow, len(suspects))
	for i, suspect := range suspects {
		rows[i] = newSuspectRow(suspect, found.At)
	}
	if opts.output.IsHuman() {
		return app.writeSuspects(rows, opts.output)
	}
	return ui.Print(app.Term, opts.output, ui.Document[suspectRow]{
		Rows: rows, Columns: suspectColumns(), Name: func(r suspectRow) string { return "node/" + r.Name }, Head: head,
	})
}

// sayVerdict says on stderr what was found, and what to do next.
func (app *App) sayVerdict(client *cluster.Client, found *nodes.Findings, opts nodesFindUnhealthyOptions) {
	bad := found.Unhealthy()
	switch {
	case found.Nodes == 0:
		app.Term.Say("%s has no nodes", client.Where.Context)
	case len(bad) == 0 && len(found.Suspects) > 0 && found.Suspects[0].Score >= noteworthy && !opts.all:
		worst := found.Suspects[0]
		app.Term.Say("none of the %s of %s is unhealthy; the most suspicious is %s, with %s of %s: --all",
			count(found.Nodes, "node"), client.Where.Context, worst.Name, points(worst.Score), points(nodes.Threshold))
	case len(bad) == 0 && len(found.Missing)+len(found.Unseen) > 0:
		app.Term.Say("none of the %s of %s is unhealthy, as far as could be seen", count(found.Nodes, "node"), client.Where.Context)
	case len(bad) == 0:
		app.Term.Say("none of the %s of %s is unhealthy", count(found.Nodes, "node"), client.Where.Context)
	case allTogether(bad, found.Nodes):
		app.Term.Hint("so many nodes that are not ready at once mean the API server, or the network between it and them, rather than nodes: look there before cordoning any")
	default:
		app.Term.Hint("%s", app.nextStep(&bad[0]))
		app.hintRunbook(bookSickNode)
	}
}

// Beyond a third of the nodes, and no fewer than three, it is not nodes that fail.
const (
	togetherShare = 3
	togetherLeast = 3
)

// allTogether reports whether too many of all nodes are not ready for each to have
// a cause of its own.
func allTogether(bad []nodes.Suspect, all int) bool {
	silent := 0
	for i := range bad {
		if !bad[i].Ready {
			silent++
		}
	}
	return silent >= togetherLeast && silent*togetherShare > all
}

// nextStep is what to do about an unhealthy node: keep new pods off, then move
// away what is there.
func (app *App) nextStep(s *nodes.Suspect) string {
	if s.Cordoned != nil {
		return "it takes no new pods; move away the service, users may finish: " + app.again("nodes", "drain", s.Name)
	}
	return "keep new pods off, who is there may stay: " +
		app.again("nodes", "cordon", s.Name, "--reason", "find-unhealthy: "+s.Reason())
}

// noteworthy is the suspicion from which a node is named though it is not called
// unhealthy.
const noteworthy = 3

// points is a weight or a score, with one decimal if it has any.
func points(score float64) string {
	if score == float64(int(score)) {
		return itoa(int(score))
	}
	return fmt.Sprintf("%.1f", score)
}
