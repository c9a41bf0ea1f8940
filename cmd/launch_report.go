package cmd

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/nodes"
)

// launchesDoc is what launches came to, in JSON.
type launchesDoc struct {
	At       time.Time               `json:"at"`
	Launches []launchtest.Launch     `json:"launches"`
	Skipped  int                     `json:"skipped"` // not made, because the service refuses more
	Stages   []launchtest.StageTimes `json:"stages"`
	Failures []launchFailures        `json:"failures"`
}

// launchFailures are launches that broke alike, with what that means.
type launchFailures struct {
	launchtest.Failures
	Means string `json:"means"`
	Next  string `json:"next"` // what to do about it
	// Runbook is the name of the one that fits, or "" if none does.
	Runbook string `json:"runbook"`
}

// reportLaunches prints what launches came to, says what to do next, and returns
// what decides on the exit code.
func (app *App) reportLaunches(ctx context.Context, b *binders, doc launchesDoc, opts launchTestOptions) error {
	app.suspectNodes(ctx, b, doc.Launches)
	doc.Stages, doc.Failures = launchtest.Times(doc.Launches), []launchFailures{}
	for _, f := range launchtest.Common(doc.Launches) {
		failures := launchFailures{f, f.Cause.Words(), app.stepWords(f.Cause), bookForLaunch(f, evidenceOf(doc.Launches, f.Cause))}
		if suspectNode(doc.Launches, failures) != "" {
			failures.Runbook = bookSickNode
		}
		doc.Failures = append(doc.Failures, failures)
	}
	var err error
	switch {
	case !opts.output.IsHuman():
		err = ui.Print(app.Term, opts.output, ui.Document[launchtest.Launch]{Doc: doc, Rows: doc.Launches, Columns: launchColumns()})
	case len(doc.Launches) == 1 && doc.Skipped == 0:
		err = ui.PrintDoc(app.Term, opts.output, doc, func(w io.Writer, wide bool) error { return app.showLaunch(w, doc.Launches[0], wide) })
	default:
		err = ui.PrintDoc(app.Term, opts.output, doc, func(w io.Writer, wide bool) error { return app.showLaunches(w, doc, wide) })
	}
	if err != nil {
		return err
	}
	app.sayNextLaunch(doc)
	return launchesEnd(ctx, doc)
}

// launchesEnd is the error that launches end with.
func launchesEnd(ctx context.Context, doc launchesDoc) error {
	switch {
	case ctx.Err() != nil, slices.ContainsFunc(doc.Launches, wasStopped):
		return stoppedError("stopped")
	case slices.ContainsFunc(doc.Launches, func(l launchtest.Launch) bool { return l.Result != launchtest.OK }):
		return unhealthyError{}
	default:
		return nil
	}
}

func wasStopped(l launchtest.Launch) bool { return l.Result == launchtest.Stopped }

// launchVerdict is a launch in one line.
func launchVerdict(l launchtest.Launch) string {
	took := l.Ended.Sub(l.Began) - l.Took(launchtest.Shutdown)
	if l.Failure == nil {
		text := "ok in " + shortTime(took)
		if !l.Computed {
			text += ": the kernel started, and was not asked to compute: its language is " + cmp.Or(l.Language, "not known")
		}
		return text
	}
	took = l.Failure.At.Sub(l.Began)
	text := fmt.Sprintf("%s at %s after %s: %s", launchWord(l.Result), l.Failure.Stage, shortTime(took), l.Failure.Cause.Words())
	if l.Failure.Says != "" && l.Result != launchtest.Stopped {
		text += ": " + l.Failure.Says
	}
	return text
}

// memberLead is the member that a launch was asked of, in front of its verdict.
func memberLead(l launchtest.Launch) string {
	if l.Member == "" {
		return ""
	}
	return l.Member + ": "
}

// launchWord is a result as a verdict begins.
func launchWord(r launchtest.Result) string {
	if r == launchtest.TimedOut {
		return "gave up"
	}
	return string(r)
}

// suspectNodes adds what speaks against the nodes of launches that broke.
func (app *App) suspectNodes(ctx context.Context, b *binders, launches []launchtest.Launch) {
	if b.client == nil || !slices.ContainsFunc(launches, func(l launchtest.Launch) bool { return l.Evidence != nil && l.Evidence.Node != "" }) {
		return
	}
	found, err := nodes.FindUnhealthy(ctx, b.client)
	for _, l := range launches {
		switch {
		case l.Evidence == nil || l.Evidence.Node == "":
		case err != nil:
			l.Evidence.Missing = append(l.Evidence.Missing, err.Error())
		default:
			l.Evidence.Suspicion = &launchtest.Suspicion{}
			for i := range found.Suspects {
				if s := &found.Suspects[i]; s.Name == l.Evidence.Node {
					l.Evidence.Suspicion = &launchtest.Suspicion{Unhealthy: s.Unhealthy, Score: s.Score, Reason: s.Reason()}
				}
			}
		}
	}
}

// stepWords is the next step of a cause, with its command.
func (app *App) stepWords(cause launchtest.Cause) string {
	step := cause.Next()
	if step.Command == nil {
		return step.Words
	}
	return step.Words + ": " + app.again(step.Command...)
}

// sayNextLaunch warns of what may still run and says what to do about the failure that
// is the most frequent.
func (app *App) sayNextLaunch(doc launchesDoc) {
	app.warnLeft(doc.Launches)
	if doc.Skipped > 0 {
		why := "the service refuses more"
		if slices.ContainsFunc(doc.Launches, wasStopped) {
			why = "stopped"
		}
		app.Term.Warn("%s: %s", notMade(doc.Skipped), why)
	}
	for _, f := range doc.Failures {
		if f.Cause == launchtest.ByOperator {
			continue
		}
		app.Term.Hint("%s", app.nextAfter(doc.Launches, f))
		app.hintRunbook(f.Runbook)
		return
	}
}

// nextAfter is what to do about failures: about a node that is unhealthy, about a
// pod that takes too long, or about their cause.
func (app *App) nextAfter(launches []launchtest.Launch, f launchFailures) string {
	if node := suspectNode(launches, f); node != "" {
		return "keep new pods off the node: " + app.again("nodes", "cordon", node, "--reason", "launches fail on it")
	}
	if e := busyPod(launches, f); e != nil {
		return "see what it does: " + app.kubectl(cluster.Location{Context: app.chosen().Context, Namespace: e.Namespace}, "logs", e.Pod)
	}
	return f.Next
}

// warnLeft warns of the servers that may still run, at once of those of which the
// same is known.
func (app *App) warnLeft(launches []launchtest.Launch) {
	left := map[string][]string{}
	for _, l := range launches {
		if l.Cleanup != "" {
			left[l.Cleanup] = append(left[l.Cleanup], serverShown(l))
		}
	}
	for _, why := range slices.Sorted(maps.Keys(left)) {
		if servers := left[why]; len(servers) == 1 {
			app.Term.Warn("%s %s", servers[0], why)
		} else {
			app.Term.Warn("%s, such as %s: each %s", count(len(servers), "server"), servers[0], why)
		}
	}
	if slices.ContainsFunc(launches, func(l launchtest.Launch) bool { return l.Overlooked != nil }) {
		app.Term.Hint("look for what the Hub has lost: %s", app.again("pods", "orphans"))
	}
}

// serverShown names the server of a launch, of which perhaps no address was told.
func serverShown(l launchtest.Launch) string {
	switch {
	case l.Server != "":
		return l.Server
	case l.User != "":
		return "the server of " + l.User
	default:
		return "the launch's server"
	}
}

// suspectNode is the node of failures, if it is unhealthy.
func suspectNode(launches []launchtest.Launch, f launchFailures) string {
	for _, l := range launches {
		if e := l.Evidence; f.Node != "" && e != nil && e.Node == f.Node && e.Suspicion != nil && e.Suspicion.Unhealthy {
			return f.Node
		}
	}
	return ""
}

// busyPod is what the cluster tells of a pod that runs and takes too long, that of
// a build or of a launch; nil if it tells of none.
func busyPod(launches []launchtest.Launch, f launchFailures) *launchtest.Evidence {
	if f.Cause != launchtest.StageTooLong && f.Cause != launchtest.LaunchTooLong {
		return nil
	}
	for _, l := range launches {
		if e := l.Evidence; e != nil && e.Phase == string(corev1.PodRunning) && l.Failure.Stage == f.Stage {
			return e
		}
	}
	return nil
}

// evidenceOf is what the cluster tells of the first launch that broke by a cause;
// nil if it was not asked.
func evidenceOf(launches []launchtest.Launch, cause launchtest.Cause) *launchtest.Evidence {
	for _, l := range launches {
		if l.Failure != nil && l.Failure.Cause == cause && l.Evidence != nil {
			return l.Evidence
		}
	}
	return nil
}

// notMade says how many launches were not made.
func notMade(n int) string {
	if n == 1 {
		return "1 launch was not made"
	}
	return itoa(n) + " launches were not made"
}
