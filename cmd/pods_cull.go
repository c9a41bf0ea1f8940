package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/pods"
)

const podsCullLong = `Delete users' servers (or, with --builds, image builds) in bulk: by age,
repository, phase, node, name or label.

The plan is shown first, with what it costs the users, and you are asked before
anything is deleted. Nothing is ever deleted that is not positively a user's
server (or a build), or that a controller owns. A pod is deleted only if it still
is the very pod of the plan: one that is already gone counts as done, a namesake
made since is left alone.

AGE is the time since a pod was created, so pods that never started have one too.
--repo REPO limits the cull to some repositories; --repo REPO=AGE gives them an
age of their own beside --older-than. Of several that fit, the last counts.

Servers that the Hub knows are stopped through the Hub, a few at a time, so that
it does not believe in them any longer; and then their pods are deleted all the
same, since a Hub may say yes and do nothing. --via hub leaves that to the Hub,
and alone what it does not know; --via kubernetes leaves the Hub alone, which will
notice by itself unless it is blind. Where the Hub does not answer, you are told
before you are asked; if it goes away half-way, you are asked again whether the
rest goes without it. --yes agrees to that, too.

Ctrl-C once begins nothing more, finishes what is under way and reports; twice
kills. Running the same cull again completes one that was cut short. Every cull
is noted in $XDG_STATE_HOME/binderctl/journal.ndjson.`

const podsCullExample = `  # What would go, if the culler has been asleep?
  binderctl pods cull --older-than 6h --dry-run

  # Make room: everybody after four hours, the hot repository after one
  binderctl pods cull --older-than 4h --repo ipython/ipython-in-depth=1h

  # Pods that have waited for a node for longer than ten minutes
  binderctl pods cull --phase Pending --older-than 10m

  # Pods that a dead node keeps Terminating: remove their records
  binderctl pods cull --node gke-prod-a-ssd-pool-972e4826-2fhq --force

  # Have a colleague look at it first
  binderctl pods cull --older-than 4h --plan cull.json
  binderctl pods cull --apply cull.json`

type podsCullOptions struct {
	selection
	olderThan   ageFlag
	repos       repoAgesFlag
	builds      bool
	limit       int
	grace       int
	force       bool
	wait        bool
	timeout     time.Duration
	maxInFlight int
	via         via
	hub         hubFlags
	dryRun      dryRun
	planFile    fileFlag
	applyFile   fileFlag
	yes         bool
	output      ui.Format
	command     string // as called, for the journal
	// confirm is asked just before each pod goes; see pods.CullOptions.
	confirm func(context.Context, pods.Victim) (spare string, err error)
}

// defaultCullTimeout is how long --wait waits for pods to be gone after the
// last was asked: a pod has 30 s to end (Kubernetes' default), and a node that
// is out of memory takes its time.
const defaultCullTimeout = 2 * time.Minute

func newPodsCull(app *App) *cobra.Command {
	var opts podsCullOptions
	cmd := &cobra.Command{
		Use:     "cull (--older-than AGE | --repo REPO=AGE | --apply FILE | …) [flags]",
		Short:   "Delete users' servers or builds in bulk, as planned",
		Long:    podsCullLong,
		Example: podsCullExample,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts.command = commandLine(cmd)
			return podsCull(cmd.Context(), app, opts)
		},
	}
	flags := cmd.Flags()
	flags.Var(&opts.olderThan, "older-than", "delete pods of this `AGE` or more, such as 90m, 6h or 2d")
	flags.Var(&opts.repos, "repo", "only this repository, or with =AGE an age of its own: `REPO[=AGE]`; repeatable")
	opts.add(app, cmd)
	flags.BoolVar(&opts.builds, "builds", false, "delete image builds instead of users' servers; whoever waits for one sees it fail")
	flags.BoolVar(&opts.force, "force", false, "for pods on dead nodes: remove the record at once, also of pods already Terminating, though their processes may live on")
	opts.addRemoval(cmd, cluster.DefaultMaxInFlight)
	opts.via.add(cmd)
	opts.hub.add(cmd)
	flags.Var(&opts.planFile, "plan", "write the plan to a new `FILE` (- is stdout) and delete nothing")
	flags.Var(&opts.applyFile, "apply", "carry out exactly the plan in `FILE` (- is stdin), less what has changed since")
	outputFlag(cmd, &opts.output)
	completeFrom(app, cmd, "repo", repoNames)
	setNeeds(cmd,
		need{Resource: "pods", Verbs: []string{"list", "watch", "delete"}, Why: "to plan, to see pods go, and to have them go"},
		need{Resource: "nodes", Verbs: []string{"get"}, Cluster: true, Why: "to say why a pod does not go"})
	addNeeds(cmd, "--via hub", hubNeeds()...)
	addNeeds(cmd, "", gateNeeds()...)
	cmd.MarkFlagsOneRequired("older-than", "repo", "phase", "node", "name", "selector", "apply")
	for _, chooses := range []string{"older-than", "repo", "phase", "node", "name", "selector", "builds", "limit", "force", "grace-period", "plan"} {
		cmd.MarkFlagsMutuallyExclusive("apply", chooses)
	}
	cmd.MarkFlagsMutuallyExclusive("plan", "dry-run")
	cmd.MarkFlagsMutuallyExclusive("force", "grace-period")
	return cmd
}

// addRemoval adds the flags about how pods go, whichever they are.
func (o *podsCullOptions) addRemoval(cmd *cobra.Command, maxInFlight int) {
	flags := cmd.Flags()
	flags.IntVar(&o.limit, "limit", 0, "delete at most `N` pods, the oldest first; 0 is all")
	flags.IntVar(&o.grace, "grace-period", -1, "seconds a pod has to end; -1 is the pod's own")
	flags.BoolVar(&o.wait, "wait", true, "wait until the pods are gone")
	flags.DurationVar(&o.timeout, "timeout", defaultCullTimeout, "how long --wait waits after the last pod was asked to go; 0 is for ever")
	flags.IntVar(&o.maxInFlight, "max-in-flight", maxInFlight, "requests side by side at the most; fewer if the server has trouble")
	o.dryRun.add(cmd)
	flags.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
}

// policy turns the flags into the policy they mean.
func (o podsCullOptions) policy() (pods.Policy, error) {
	policy := pods.Policy{
		Phases: o.phases, Nodes: o.nodes, Name: string(o.name), Labels: o.labels.String(),
		Builds: o.builds, Limit: o.limit, Terminating: o.force,
	}
	if grace := int64(max(o.grace, 0)); o.force || grace > 0 {
		policy.GracePeriod = &grace
	}
	age := pods.Age(o.olderThan.age)
	limited := slices.ContainsFunc(o.repos, func(r repoAge) bool { return !r.given })
	if !limited && (o.olderThan.given || len(o.repos) == 0) {
		policy.OlderThan = &age
	}
	for _, rule := range o.repos {
		own := age
		if rule.given {
			own = pods.Age(rule.age)
		}
		policy.Repos = append(policy.Repos, pods.RepoAge{Repo: rule.repo, OlderThan: own})
	}
	switch {
	case o.limit < 0:
		return policy, usagef("--limit %d: want 1 or more, or 0 for all", o.limit)
	case o.grace < -1:
		return policy, usagef("--grace-period %d: want seconds, or -1 for the pod's own", o.grace)
	case o.grace == 0:
		return policy, usagef("--grace-period 0 removes records while processes may live on: say --force if that is meant")
	case o.maxInFlight < 1:
		return policy, usagef("--max-in-flight %d: want 1 or more", o.maxInFlight)
	case o.timeout < 0:
		return policy, usagef("--timeout %s: want a positive duration, or 0 for ever", o.timeout)
	}
	return policy, o.via.fits(policy)
}

// cullOptions say how a plan of this policy is carried out.
func (o podsCullOptions) cullOptions(policy pods.Policy) pods.CullOptions {
	return pods.CullOptions{
		Delete: cluster.DeleteOptions{GracePeriod: policy.GracePeriod, DryRun: o.dryRun == dryRunServer},
		Wait:   o.wait && o.dryRun == dryRunNone, Timeout: o.timeout, MaxInFlight: o.maxInFlight,
		Confirm: o.confirm,
	}
}

// changes reports whether these options lead to anything being deleted.
func (o podsCullOptions) changes() bool { return o.dryRun == dryRunNone && o.planFile == "" }

func podsCull(ctx context.Context, app *App, opts podsCullOptions) error {
	policy, err := opts.policy()
	if err != nil {
		return err
	}
	if opts.changes() {
		if err := app.canAsk(opts.yes); err != nil {
			return err
		}
	}
	var written *pods.Plan
	if opts.applyFile != "" {
		if written, err = app.readPlan(string(opts.applyFile)); err != nil {
			return err
		}
	}
	client, err := app.Connect(ctx)
	if err != nil {
		return err
	}
	if written != nil {
		if err := placeFor(client, *written, *app.global.kube.Namespace); err != nil {
			return err
		}
	} else if err := app.mustKnowPlace(client, opts.yes, opts.changes()); err != nil {
		return err
	}
	if err := mayCull(ctx, client, opts); err != nil {
		return err
	}
	if written != nil {
		return applyPlan(ctx, app, client, *written, opts)
	}
	plan, err := pods.PlanCull(ctx, client, policy)
	if err != nil {
		return err
	}
	if err := sameTime(client); err != nil {
		return err
	}
	switch {
	case opts.planFile != "":
		return app.writePlan(string(opts.planFile), plan)
	case opts.dryRun == dryRunClient:
		return app.printPlan(plan, opts.output)
	}
	return cull(ctx, app, client, plan, nil, opts)
}

// mayCull finds out before the plan whether the operator could carry it out.
func mayCull(ctx context.Context, client *cluster.Client, opts podsCullOptions) error {
	switch {
	case !opts.changes() && opts.dryRun != dryRunServer:
		return nil
	case opts.wait: // without a watch nobody would tell that a pod is gone
		return require(ctx, client, "pods", "delete", "watch")
	default:
		return require(ctx, client, "pods", "delete")
	}
}

// clockSlack is by how much the clocks may differ: what a cull judges by is an
// age, so a clock that is hours ahead would make every session an old one.
const clockSlack = time.Minute

// sameTime refuses to judge ages when the operator's clock is not the server's.
func sameTime(client *cluster.Client) error {
	skew := client.ClockSkew()
	if skew.Abs() <= clockSlack {
		return nil
	}
	return hintError{
		fmt.Errorf("this machine's clock differs from the server's by %s, so no age can be trusted", skew.Round(time.Second)),
		"set the clock right and try again; nothing was deleted",
	}
}

// commandLine is the command with the flags that were given, as they were
// understood: what was typed may hold a password in a URL. A value with blanks is
// in quotes, so that it is clear where it ends.
func commandLine(cmd *cobra.Command) string {
	words := []string{cmd.CommandPath()}
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		words = append(words, "--"+flag.Name+"="+typed([]string{flag.Value.String()}))
	})
	return strings.Join(words, " ")
}
