package cmd

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/incident"
)

const statusLong = `Show the whole situation on one screen: what is wrong, the worst first, the command
that tells more, and the runbook that says what to do.

  incident    is one open, and who drives?
  hub         does it work, and see its pods?
  launches    does BinderHub have what it needs, and do launches succeed?
  capacity    how many more users fit, and when will there be no room?
  nodes       is any node sick, also among those that say Ready?
  crashloops  does any container fail?
  orphans     do pods and the Hub's servers differ? (pods orphans is sure)
  pods        who waits for a place, and what is older than it should be?
  repos       does one repository have most of the pods?

All are looked at side by side, each for no longer than --check-timeout. What
cannot be seen is a line of its own, and never ends the rest. Nothing is changed,
and nothing is launched.

How launches go now is told by the pods made in the last 10 minutes and, from the
second look on, by what BinderHub has counted since the first, no longer than 10
minutes ago: it is kept in $XDG_STATE_HOME/binderctl/launches.json.

` + hubHelp + `

With --watch the screen stays and is kept up to date. Arrows choose a line, enter
shows what its next command prints (those alone that change nothing), b its
runbook, r looks at once, q quits. The small charts are of what was seen since, or of the last hour
where what was read tells.

BinderHub is asked through tunnels to its pods, or at --binder-url.

The exit code is 0 if all that could be seen is well, 3 if anything is not, and 1
if nothing could be seen.`

const statusExample = `  # What is wrong?
  binderctl status

  # With the evidence
  binderctl status -o wide

  # Stay, and see it change; enter shows the details of a line
  binderctl status -w

  # A page with charts, to attach to an issue
  binderctl status --html status.html

  # For a script: the checks that are not well
  binderctl status -o 'jsonpath={.checks[?(@.state=="bad")].name}'`

type statusOptions struct {
	hub       hubFlags
	binderURL binderURLFlag
	maxNodes  countFlag
	limit     time.Duration
	page      fileFlag
	watch     bool
	interval  time.Duration
	output    ui.Format
	global    []string // flags that the commands behind its lines are called with, too
}

// defaultCheckTimeout is how long a check may take: as long as somebody looks at
// an empty screen without wondering.
const (
	defaultCheckTimeout = 5 * time.Second
	defaultInterval     = 5 * time.Second
	leastInterval       = time.Second
)

func newStatus(app *App) *cobra.Command {
	opts := statusOptions{limit: defaultCheckTimeout, interval: defaultInterval}
	cmd := &cobra.Command{
		Use:     "status [flags]",
		Short:   "Show what is wrong, on one screen",
		Long:    statusLong,
		Example: statusExample,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts.global = passedOn(cmd)
			return status(cmd.Context(), app, opts)
		},
	}
	flags := cmd.Flags()
	flags.DurationVar(&opts.limit, "check-timeout", opts.limit, "how long each check may take")
	flags.Var(&opts.binderURL, "binder-url", "`URL` of BinderHub, if not by tunnels through the API server, such as https://gke.mybinder.org")
	flags.Var(&opts.maxNodes, "max-nodes", "how many nodes for users the autoscaler may have, `N`")
	flags.BoolVarP(&opts.watch, "watch", "w", false, "go on, and keep the screen up to date; without a terminal, print it again and again")
	flags.DurationVar(&opts.interval, "interval", opts.interval, "with --watch, how long to wait between two looks")
	flags.Var(&opts.page, "html", "write a page with charts to this `FILE` (- is stdout), to attach to an issue")
	opts.hub.add(cmd)
	outputFlag(cmd, &opts.output)
	setNeeds(cmd, statusNeeds()...)
	cmd.MarkFlagsMutuallyExclusive("watch", "html")
	return cmd
}

// statusNeeds are what seeing everything takes. Whatever is missing makes one
// line unknown.
func statusNeeds() []need {
	return append([]need{
		{Resource: "pods", Verbs: []string{"list", "watch"}, Why: "to see users' pods, the Hub's and BinderHub's; watch is for lists that stream"},
		{Resource: "pods/log", Verbs: []string{"get"}, Why: "to look for signs of trouble in the Hub's log"},
		{Resource: "configmaps", Names: []string{incident.ConfigMapName}, Verbs: []string{"get"}, Why: "to see whether an incident is open"},
		{Group: "coordination.k8s.io", Resource: "leases", Names: []string{incident.LeaseName}, Verbs: []string{"get"}, Why: "to see who drives"},
		{Resource: "services", Verbs: []string{"list"}, Why: "to see whether one leads to the hub pod, where none is called hub"},
		{Group: "", Resource: "events", Verbs: []string{"list"}, Why: "to see what the kernel and the kubelets reported, and how often containers failed", Cluster: true},
	}, append(nodeNeeds(), hubNeeds()...)...)
}

func (o *statusOptions) check() error {
	if o.limit <= 0 {
		return usagef("--check-timeout %s: want more than nothing", o.limit)
	}
	if o.interval < leastInterval {
		return usagef("--interval %s: want %s or more, as each look asks the API server and the Hub", o.interval, leastInterval)
	}
	return o.binderURL.check()
}

func status(ctx context.Context, app *App, opts statusOptions) error {
	if err := opts.check(); err != nil {
		return err
	}
	if _, err := opts.hub.options(app); err != nil {
		return err
	}
	client, err := app.Connect(ctx)
	if err != nil {
		return err
	}
	if opts.watch {
		return app.watchStatus(ctx, client, opts)
	}
	report, err := app.lookAround(ctx, client, opts)
	if err != nil {
		return err
	}
	if err := report.blind(); err != nil {
		return err
	}
	if opts.page != "" {
		if err := app.writePage(&report, string(opts.page)); err != nil {
			return err
		}
	}
	if opts.page != "-" {
		if err := app.printStatus(report, opts.output); err != nil {
			return err
		}
	}
	app.hintRunbook(bookOfWorst(report.Checks))
	return report.unhealthy()
}

// lookAround makes every check once.
func (app *App) lookAround(ctx context.Context, client *cluster.Client, opts statusOptions) (statusReport, error) {
	around, err := app.situationOf(ctx, client, opts)
	if err != nil {
		return statusReport{}, err
	}
	defer around.done()
	lines, sight := runChecks(ctx, around.checks(), opts.limit, app.Now)
	if ctx.Err() != nil {
		return statusReport{}, stopped(ctx)
	}
	for i := range lines {
		if line := &lines[i]; len(line.words) > 0 {
			line.Next = app.again(line.words...)
		}
	}
	return statusReport{client.Where, client.ServerNow().Truncate(time.Second), verdictOf(lines), lines, sight}, nil
}
