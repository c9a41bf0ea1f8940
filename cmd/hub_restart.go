package cmd

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/journal"
	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
)

const hubRestartLong = `Start the Hub anew: delete its pod, and follow the next one until it is ready,
answers, and has taken up the servers that it knew.

A Hub whose reflector is dead sees nothing of its pods until it is restarted.
Sessions live on meanwhile, as the proxy leads to them without the Hub; launches
that are under way fail, and no new ones begin for as long as it takes, which is
mostly under a minute. What could make that worse is looked for first and said
next to the question: a Hub that ends its servers when it stops, a database that
does not outlive the pod, a volume that moves slowly, nothing that would make
another pod, others that wait for the room that it leaves.

Where all sessions may end with the Hub, --yes is not enough: it takes
--sessions-may-end, too.

A restart does not bring back to the Hub what it has forgotten: look for that with
binderctl pods orphans afterwards.`

const hubRestartExample = `  # Is it safe?
  binderctl hub restart --dry-run

  # Do it, and say why in the journal
  binderctl hub restart --reason 'reflector dead since 18:30'`

// defaultRestartTimeout is how long a restart is followed: a volume that moves
// to another node takes minutes.
const defaultRestartTimeout = 10 * time.Minute

type hubRestartOptions struct {
	hub     hubFlags
	reason  string
	timeout time.Duration
	dryRun  dryRun
	yes     bool
	mayEnd  bool // all sessions, as far as the operator is concerned
	output  ui.Format
	command string // as called, for the journal
}

func newHubRestart(app *App) *cobra.Command {
	var opts hubRestartOptions
	cmd := &cobra.Command{
		Use:     "restart [flags]",
		Short:   "Start the Hub anew, after a look at what that costs",
		Long:    hubRestartLong,
		Example: hubRestartExample,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts.command = commandLine(cmd)
			return hubRestart(cmd.Context(), app, opts)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&opts.reason, "reason", "", "`WHY`, for the journal")
	flags.DurationVar(&opts.timeout, "timeout", defaultRestartTimeout, "how long to follow the restart; 0 is for ever")
	opts.hub.add(cmd)
	opts.dryRun.add(cmd)
	flags.BoolVarP(&opts.yes, "yes", "y", false, "do not ask")
	flags.BoolVar(&opts.mayEnd, "sessions-may-end", false, "with --yes: do not mind if every user's session ends with the Hub")
	outputFlag(cmd, &opts.output)
	setNeeds(cmd,
		need{Resource: "pods", Verbs: []string{"list", "watch", "delete"}, Why: "to find the hub pod, to delete it, and to see that users' pods live on"},
		need{Group: "apps", Resource: "deployments", Verbs: []string{"get"}, Why: "to know that something makes another hub pod"},
		need{Resource: "persistentvolumeclaims", Verbs: []string{"get"}, Why: "to know whether its volume can follow"},
		need{Resource: "nodes", Verbs: []string{"get"}, Cluster: true, Why: "to know whether its node takes another pod"})
	addNeeds(cmd, "", roomNeeds()...)
	addNeeds(cmd, "", hubNeeds()...)
	addNeeds(cmd, "", gateNeeds()...)
	return cmd
}

func hubRestart(ctx context.Context, app *App, opts hubRestartOptions) error {
	if opts.timeout < 0 {
		return usagef("--timeout %s: want a positive duration, or 0 for ever", opts.timeout)
	}
	if opts.dryRun == dryRunNone {
		if err := app.canAsk(opts.yes); err != nil {
			return err
		}
	}
	options, err := opts.hub.options(app)
	if err != nil {
		return err
	}
	client, err := app.Connect(ctx)
	if err != nil {
		return err
	}
	if err := app.mustKnowPlace(client, opts.yes, opts.dryRun == dryRunNone); err != nil {
		return err
	}
	if opts.dryRun != dryRunClient {
		if err := require(ctx, client, "pods", "delete"); err != nil {
			return err
		}
	}
	var plan hub.RestartPlan
	app.whileAsking("looking at the Hub", func() {
		if plan, err = hub.PlanRestart(ctx, client, options); err == nil {
			plan.Heed(app.roomConcerns(ctx, client, plan)...)
		}
	})
	if errors.Is(err, hub.ErrSeveral) {
		return hintError{err, "if one has just been replaced, wait until it has gone; of two releases, see which is which: " +
			app.kubectl(client.Where, "get", "pods", "-l", "component=hub", "-L", "release") + "; and delete the pod of the one that is meant by hand"}
	}
	if err != nil {
		return err
	}
	if opts.dryRun != dryRunNone {
		return app.printRestartPlan(ctx, client, plan, opts)
	}
	if err := app.mayEnd(plan, opts); err != nil {
		return err
	}
	return app.restartHub(ctx, client, plan, options, opts)
}

// mayEnd refuses to end everybody's session unasked: a script that says --yes was
// written for the day on which they live on.
func (app *App) mayEnd(plan hub.RestartPlan, opts hubRestartOptions) error {
	if plan.MayEnd == "" || !opts.yes || opts.mayEnd {
		return nil
	}
	return hintError{
		fmt.Errorf("%s: with --yes nobody is asked about that, so nothing was restarted", plan.MayEnd),
		fmt.Sprintf("see what it comes to: %s; if %s may end, add --sessions-may-end",
			app.again(append([]string{"hub", "restart", "--dry-run"}, opts.hub.given()...)...), count(plan.Sessions, "session")),
	}
}

// restartHub takes a restart through the gate.
func (app *App) restartHub(ctx context.Context, client *cluster.Client, plan hub.RestartPlan, options hub.Options, opts hubRestartOptions) error {
	var result hub.Restarted
	var failed error
	return app.gate(ctx, client, change{
		command: opts.command, what: "restart the Hub", digest: digestOf(plan),
		planned: []journal.Outcome{{Object: "pod/" + plan.Pod, UID: string(plan.UID), Result: "planned", Detail: opts.reason}},
		grave:   plan.Grave(), yes: opts.yes,
		show: func() error {
			app.showRestart(plan, opts.yes)
			return nil
		},
		carryOut: func(ctx context.Context) []journal.Outcome {
			progress := app.Term.Start("restarting the Hub", restartSteps)
			defer progress.Done()
			result, failed = hub.Restart(ctx, client, plan, hub.RestartOptions{
				Hub: options, Timeout: opts.timeout,
				Tell: func(stage hub.Stage) {
					progress.Note(restartNote(stage))
					progress.Step(1)
				},
			})
			return []journal.Outcome{{Object: "pod/" + plan.Pod, UID: string(plan.UID), Result: restartResult(result, failed), Detail: restartDetail(result, failed)}}
		},
		report: func() error { return app.reportRestart(client.Where, plan, result, failed, opts) },
	})
}

// showRestart shows what the operator should know before agreeing; to one who has
// agreed, and wants quiet, only what is dangerous.
func (app *App) showRestart(plan hub.RestartPlan, agreed bool) {
	if !agreed || !app.global.quiet {
		for _, line := range restartPlanLines(plan, app.Now()) {
			app.Term.Say("%s", line)
		}
		return
	}
	for _, concern := range slices.Backward(plan.Concerns) {
		if concern.Grave {
			app.Term.Warn("%s", concern.Says)
		}
	}
}

// restartResult is what became of the Hub, as the journal and an incident's
// timeline have it.
func restartResult(result hub.Restarted, failed error) string {
	switch {
	case failed == nil:
		return "restarted"
	case result.Stage == hub.StageBegun:
		return "failed"
	default:
		return "failed after " + string(result.Stage)
	}
}

func restartDetail(result hub.Restarted, failed error) string {
	if failed != nil {
		return failed.Error()
	}
	return "now pod/" + cmp.Or(result.New, "none")
}

// digestOf identifies a plan by all it says.
func digestOf(plan any) string {
	text, err := json.Marshal(plan)
	if err != nil { // plans are made of texts, numbers and times
		return ""
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}
