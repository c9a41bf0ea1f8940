package cmd

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/pods"
)

const podsListLong = `List the pods of a BinderHub with the repository each runs, its state and its
age, the oldest first.

STATUS is what kubectl shows: the reason of the container in trouble, not only
the phase. The repository is read from the pod; where BinderHub did not write it
there it is guessed from the user's or the image's name, in which slashes have
become dashes.

Namespaces that you may not read are named in a warning; the rest is shown.`

const podsListExample = `  # What runs, by repository
  binderctl pods list --group-by repo

  # What the culler should have removed
  binderctl pods list --older-than 6h

  # Everything on one node, of whatever kind, in every namespace
  binderctl pods list -A --kind all --node gke-prod-a-ssd-pool-972e4826-2fhq

  # Names of pods that wait for a node, for another program
  binderctl pods list --phase Pending -o name`

type podsListOptions struct {
	selection
	olderThan   ageFlag
	youngerThan ageFlag
	repos       reposFlag
	statuses    namesFlag
	kind        pods.Group
	everywhere  bool
	sortBy      pods.Order
	groupBy     pods.Key
	watch       bool
	output      ui.Format
}

func newPodsList(app *App) *cobra.Command {
	opts := podsListOptions{kind: pods.Users, sortBy: pods.ByAge}
	cmd := &cobra.Command{
		Use:     "list [flags]",
		Aliases: []string{"ls"},
		Short:   "List pods with their repository, state and age",
		Long:    podsListLong,
		Example: podsListExample,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return podsList(cmd.Context(), app, opts) },
	}
	flags := cmd.Flags()
	flags.Var(&opts.olderThan, "older-than", "only pods of this `AGE` or more, such as 90m, 6h or 2d")
	flags.Var(&opts.youngerThan, "younger-than", "only pods of less than this `AGE`")
	flags.Var(&opts.repos, "repo", "only pods of this `REPO`: owner/name, a URL, or a pattern such as 'jupyterlab/*'; repeatable")
	opts.add(app, cmd)
	flags.Var(&opts.statuses, "status", "only pods with this `STATUS` as shown, such as Terminating or CrashLoopBackOff")
	choiceFlag(cmd, &opts.kind, "kind", "KIND", pods.Groups(), "which pods")
	flags.BoolVarP(&opts.everywhere, "all-namespaces", "A", false, "in all namespaces")
	choiceFlag(cmd, &opts.sortBy, "sort-by", "KEY", pods.Orders(), "order of the list")
	choiceFlag(cmd, &opts.groupBy, "group-by", "KEY", pods.Keys(), "count pods instead of listing them")
	flags.BoolVarP(&opts.watch, "watch", "w", false, "go on and show each change as it happens")
	outputFlag(cmd, &opts.output)
	completeFrom(app, cmd, "repo", repoNames)
	setNeeds(cmd, need{Resource: "pods", Verbs: []string{"list", "watch"}, Why: "watch is for lists that stream, and for -w"})
	cmd.MarkFlagsMutuallyExclusive("group-by", "sort-by")
	cmd.MarkFlagsMutuallyExclusive("group-by", "watch")
	return cmd
}

func (o podsListOptions) filter() pods.Filter {
	return pods.Filter{
		Group: o.kind, OlderThan: o.olderThan.age, YoungerThan: o.youngerThan.age, Repos: o.repos,
		Phases: o.phases, Statuses: o.statuses, Nodes: o.nodes, Name: string(o.name), Labels: o.labels.Selector,
	}
}

func podsList(ctx context.Context, app *App, opts podsListOptions) error {
	client, err := app.Connect(ctx)
	if err != nil {
		return err
	}
	if opts.everywhere {
		client.Where.Namespace = ""
	}
	switch {
	case opts.groupBy != "":
		return podsCount(ctx, app, client, opts)
	case opts.watch:
		return podsWatch(ctx, app, client, opts)
	}
	var rows []podRow
	listing, err := pods.List(ctx, client, client.Where.Namespace, opts.filter(),
		func() { rows = []podRow{} },
		func(p pods.Pod) { rows = append(rows, newPodRow(p, client.ServerNow())) })
	if err != nil {
		return err
	}
	sortRows(rows, opts.sortBy)
	app.remark(client, listing, len(rows))
	return ui.Print(app.Term, opts.output, ui.Document[podRow]{
		Rows: rows, Columns: podColumns(opts), Name: podName(opts.everywhere),
		Head: listHead{client.Where, client.ServerNow().Truncate(time.Second), listing.Unseen},
	})
}

// listHead is what JSON says beside the pods.
type listHead struct {
	Where  cluster.Location `json:"where"`
	At     time.Time        `json:"at"`
	Unseen []string         `json:"unseen"`
}

// remark says on stderr what a list of pods does not show.
func (app *App) remark(client *cluster.Client, listing pods.Listing, found int) {
	if len(listing.Unseen) > 0 {
		app.Term.Warn("you may not list pods in %s; what is there is missing", strings.Join(listing.Unseen, ", "))
	}
	if found > 0 {
		return
	}
	if client.Where.Namespace == "" {
		app.Term.Say("no pods match in any namespace of %s", client.Where.Context)
		return
	}
	app.Term.Say("no pods match in namespace %s of %s; others: -n NAMESPACE or -A", client.Where.Namespace, client.Where.Context)
}

// podsCount prints how many pods share each value of a key.
func podsCount(ctx context.Context, app *App, client *cluster.Client, opts podsListOptions) error {
	counter := pods.NewCounter(opts.groupBy, client.ServerNow)
	listing, err := pods.List(ctx, client, client.Where.Namespace, opts.filter(), counter.Reset, counter.Add)
	if err != nil {
		return err
	}
	counts, now := counter.Counts(), client.ServerNow()
	app.remark(client, listing, len(counts))
	return ui.Print(app.Term, opts.output, ui.Document[pods.Count]{
		Rows: counts, Columns: countColumns(app, opts.groupBy, counts, now),
		Name: func(c pods.Count) string { return c.Value },
		Head: listHead{client.Where, now.Truncate(time.Second), listing.Unseen},
	})
}

// barWidth is how wide the longest bar is, in columns.
const barWidth = 12

func countColumns(app *App, key pods.Key, counts []pods.Count, now time.Time) []ui.Column[pods.Count] {
	total, most := 0, 0
	for _, c := range counts {
		total += c.Pods
		most = max(most, c.Pods)
	}
	return []ui.Column[pods.Count]{
		{Header: strings.ToUpper(string(key)), Shrink: true, Value: func(c pods.Count) string { return cmp.Or(c.Value, "<none>") }},
		{Header: "PODS", Right: true, Value: func(c pods.Count) string { return itoa(c.Pods) }},
		{Header: "SHARE", Value: func(c pods.Count) string { return share(c.Pods, total) + " " + app.Term.Bar(c.Pods, most, barWidth) }},
		{Header: "RUNNING", Right: true, Value: func(c pods.Count) string { return itoa(c.Running) }},
		{Header: "PENDING", Right: true, Value: func(c pods.Count) string { return itoa(c.Pending) }, Role: warnIf(func(c pods.Count) bool { return c.Pending > 0 })},
		{Header: "OTHER", Right: true, Wide: true, Value: func(c pods.Count) string { return itoa(c.Other) }},
		{Header: "OLDEST", Right: true, Value: func(c pods.Count) string { return ui.Age(now.Sub(c.Oldest)) }},
		{Header: "NEWEST", Right: true, Wide: true, Value: func(c pods.Count) string { return ui.Age(now.Sub(c.Newest)) }},
		{Header: "CPU", Right: true, Wide: true, Value: func(c pods.Count) string { return ui.Cores(c.CPU) }},
		{Header: "MEMORY", Right: true, Wide: true, Value: func(c pods.Count) string { return ui.Bytes(c.Memory) }},
	}
}
