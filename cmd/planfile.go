package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/pods"
)

// maxPlanFile is the largest plan file read: a plan of 150,000 pods, which is as
// many as a cluster may have (Kubernetes' own limit), is about 100 MB.
const maxPlanFile = 256 << 20

// readPlan reads a plan from a file, or from stdin if its name is "-".
func (app *App) readPlan(name string) (*pods.Plan, error) {
	in := app.Term.In
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, usageError{fmt.Errorf("read plan: %w", err)}
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, maxPlanFile))
	if err != nil {
		return nil, fmt.Errorf("read plan %s: %w", name, err)
	}
	plan, err := pods.ReadPlan(text)
	if errors.Is(err, pods.ErrTampered) {
		return nil, hintError{usagef("read plan %s: %w", name, err), "make a new plan with --plan FILE"}
	}
	if err != nil {
		return nil, usagef("read plan %s: %w", name, err)
	}
	return &plan, nil
}

// writePlan writes a plan to a new file that only its owner can read, or to
// stdout.
func (app *App) writePlan(name string, plan pods.Plan) error {
	if name == "-" {
		return ui.PrintDoc(app.Term, ui.JSON, plan, nil)
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return usageError{fmt.Errorf("write plan: %w", err)}
	}
	if err := errors.Join(plan.Write(file), file.Close()); err != nil {
		return fmt.Errorf("write plan %s: %w", name, err)
	}
	app.sayWhere(plan.Where)
	app.summarize(plan)
	app.Term.Say("wrote the plan to %s; nothing was deleted", name)
	app.Term.Say("carry it out with: %s", app.again("pods", "cull", "--apply", name))
	return nil
}

// placeFor makes the client work where the plan was made, and refuses if that
// is another cluster. namespace is the one that a flag or a setting names, or "".
func placeFor(client *cluster.Client, plan pods.Plan, namespace string) error {
	if plan.Where.Server != client.Where.Server {
		return hintError{
			usagef("the plan is for %s (context %s), and this is %s", plan.Where.Server, plan.Where.Context, client.Where.Server),
			"choose the plan's cluster with --context",
		}
	}
	if namespace != "" && plan.Where.Namespace != namespace {
		return usagef("the plan is for namespace %s, not %s", plan.Where.Namespace, namespace)
	}
	client.Where.Namespace = plan.Where.Namespace
	return nil
}
