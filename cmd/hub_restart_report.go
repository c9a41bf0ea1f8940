package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
)

// restartSteps is how many stages a restart reaches.
const restartSteps = 5

// restartNote says what is waited for once a stage is reached.
func restartNote(stage hub.Stage) string {
	switch stage {
	case hub.StageDeleted:
		return "waiting for the next pod"
	case hub.StageReady:
		return "waiting for the Hub to answer"
	case hub.StageAnswers:
		return "waiting for it to take up its servers"
	default:
		return "counting sessions"
	}
}

// restartPlanLines say what a restart comes to, the gravest last, next to the
// question.
func restartPlanLines(plan hub.RestartPlan, now time.Time) []string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	state := "ready"
	if !plan.Ready {
		state = "not ready"
	}
	say("hub pod: %s, %s, up for %s, on node %s", plan.Pod, state, ui.Age(now.Sub(plan.Since)), cmp.Or(plan.Node, "<none>"))
	fate := "go on without the Hub"
	if plan.MayEnd != "" {
		fate = "may end with the Hub"
	}
	say("sessions: %d %s; %d users wait for a server", plan.Sessions, fate, plan.Waiting)
	if plan.Unknown != "" {
		say("what the Hub knows: not to be had: %s", plan.Unknown)
	} else {
		say("launches: %d under way fail; %d servers to be taken up again", plan.Launches, plan.Servers)
	}
	for _, concern := range slices.Backward(plan.Concerns) {
		word := "note"
		if concern.Grave {
			word = "danger"
		}
		say("%s: %s", word, concern.Says)
	}
	return lines
}

// restartPlanDoc is a RestartPlan in JSON.
type restartPlanDoc struct {
	Where cluster.Location `json:"where"`
	hub.RestartPlan
}

// printRestartPlan is a dry run.
func (app *App) printRestartPlan(ctx context.Context, client *cluster.Client, plan hub.RestartPlan, opts hubRestartOptions) error {
	if opts.dryRun == dryRunServer {
		if err := client.DeletePod(ctx, client.Where.Namespace, plan.Pod, plan.UID, cluster.DeleteOptions{DryRun: true}); err != nil {
			return fmt.Errorf("delete pod %s: %w", plan.Pod, err)
		}
	}
	if !opts.output.IsHuman() {
		return ui.Print(app.Term, opts.output, ui.Document[hub.Concern]{
			Doc: restartPlanDoc{client.Where, plan}, Rows: plan.Concerns, Columns: concernColumns(),
		})
	}
	app.sayWhere(client.Where)
	_, err := fmt.Fprintln(app.Term.Out, ui.CleanText(strings.Join(restartPlanLines(plan, app.Now()), "\n")))
	app.Term.Say("dry run: nothing was restarted")
	return err
}

func concernColumns() []ui.Column[hub.Concern] {
	return []ui.Column[hub.Concern]{
		{Header: "GRAVE", Value: func(c hub.Concern) string { return strconv.FormatBool(c.Grave) }},
		{Header: "CONCERN", Wrap: true, Value: func(c hub.Concern) string { return c.Says }},
	}
}

// restartDoc is what a restart came to, in JSON.
type restartDoc struct {
	Where cluster.Location `json:"where"`
	hub.Restarted
	Error string `json:"error"`
}

// reportRestart prints what a restart came to and returns what went wrong.
func (app *App) reportRestart(where cluster.Location, plan hub.RestartPlan, result hub.Restarted, failed error, opts hubRestartOptions) error {
	format := opts.output
	doc := restartDoc{Where: where, Restarted: result}
	if failed != nil {
		doc.Error = failed.Error()
	}
	var err error
	if format.IsHuman() {
		_, err = fmt.Fprint(app.Term.Out, restartText(result))
	} else {
		err = ui.Print(app.Term, format, ui.Document[hub.Restarted]{
			Doc: doc, Rows: []hub.Restarted{result}, Name: func(r hub.Restarted) string { return "pod/" + r.New },
			Columns: restartColumns(),
		})
	}
	again := func(words ...string) string { return app.again(append(words, opts.hub.given()...)...) }
	return joinFirst(app.restartTrouble(result, failed, app.describe(where, plan, result), again), err)
}

// restartText is the outcome in a few lines.
func restartText(r hub.Restarted) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	switch {
	case r.Stage == hub.StageBegun:
		return ""
	case r.New == "":
		line("hub pod: %s was deleted; there is no other yet", r.Old)
	case r.ReadyAfter == 0:
		line("hub pod: %s was deleted; %s is not ready yet", r.Old, r.New)
	default:
		line("hub pod: %s in place of %s", r.New, r.Old)
	}
	if r.ReadyAfter > 0 {
		line("ready: after %s", seconds(r.ReadyAfter))
	}
	if r.AnswersAfter > 0 {
		line("down: for %s", seconds(r.AnswersAfter))
	}
	if r.AdoptedAfter > 0 {
		line("servers: %d taken up after %s", r.Servers, seconds(r.AdoptedAfter))
	}
	if r.Stage == hub.StageCompared {
		line("sessions: %d before, %d now; %s ended meanwhile", r.Before, r.After, count(len(r.Ended), "session"))
	}
	return b.String()
}

func seconds(s float64) string {
	return (time.Duration(s*10) * (time.Second / 10)).String()
}

// describe is what shows why there is no other hub pod, or what it waits for.
func (app *App) describe(where cluster.Location, plan hub.RestartPlan, r hub.Restarted) string {
	switch {
	case r.New != "":
		return app.kubectl(where, "describe", "pod/"+r.New)
	case plan.Owner.Kind != "":
		return app.kubectl(where, "describe", plan.Owner.String())
	default:
		return app.kubectl(where, "describe", "deployments", "-l", "component=hub")
	}
}

// restartTrouble is what an operator has to know and do after a restart. describe
// and again make commands to type.
func (app *App) restartTrouble(r hub.Restarted, failed error, describe string, again func(words ...string) string) error {
	switch {
	case errors.Is(failed, context.Canceled):
		if r.Stage != hub.StageBegun {
			app.Term.Hint("the Hub comes back without being watched; whether it is well: %s", again("hub", "status"))
		}
		return nil // the gate says so
	case failed != nil && r.Stage == hub.StageBegun:
		return failed
	case failed != nil:
		return hintError{failed, "see what it waits for: " + describe + "; whether it is well: " + again("hub", "status")}
	}
	if r.Unheard != "" {
		app.Term.Warn("whether the Hub took up its servers could not be told: %s", r.Unheard)
	}
	if n := len(r.Dropped); n > 0 {
		app.Term.Warn("%s run whose server the Hub knew and does not know now: %s", count(n, "pod"), someOf(r.Dropped))
	}
	if r.Forgot != "" {
		app.Term.Warn("the Hub may have lost its memory: %s", r.Forgot)
	}
	if r.Unheard == "" && r.After > r.Servers || len(r.Dropped) > 0 {
		app.Term.Hint("see what it has lost: %s", again("pods", "orphans"))
	} else {
		app.Term.Hint("see whether it is well: %s", again("hub", "status"))
	}
	if !r.Well() {
		return unhealthyError{}
	}
	return nil
}

func restartColumns() []ui.Column[hub.Restarted] {
	return []ui.Column[hub.Restarted]{
		{Header: "OLD", Value: func(r hub.Restarted) string { return r.Old }},
		{Header: "NEW", Value: func(r hub.Restarted) string { return r.New }},
		{Header: "STAGE", Value: func(r hub.Restarted) string { return string(r.Stage) }},
		{Header: "DOWN", Value: func(r hub.Restarted) string { return seconds(r.AnswersAfter) }},
	}
}
