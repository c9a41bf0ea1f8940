package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/pods"
)

// cullReport is what a cull came to.
type cullReport struct {
	plan     pods.Plan
	route    route
	outcomes []pods.Outcome
	asked    time.Duration // until the last pod was asked to go
	took     time.Duration // until it was gone, or not waited for
	requests int64
	lost     error // why the Hub was not asked any more half-way, or nil
	stayed   bool  // and the rest was left alone for that
}

// carryOut carries out the plan and notes what came of it.
func (r *cullReport) carryOut(ctx context.Context, app *App, client *cluster.Client, opts podsCullOptions) {
	began := app.Now()
	r.outcomes = append(r.outcomes, r.freshly(ctx, app, client, opts)...)
	r.took, r.requests = app.Now().Sub(began), client.Requests()
	if r.lost != nil && !r.stayed {
		r.route.past = r.lost.Error()
	}
}

// staleAfter is the age from which a plan is looked at again before it is
// carried out: long enough for a server that has just started, or a pod that
// has just found a node, to be worth sparing.
const staleAfter = 5 * time.Second

// freshly carries out the plan, less what has changed while the operator
// thought about it.
func (r *cullReport) freshly(ctx context.Context, app *App, client *cluster.Client, opts podsCullOptions) []pods.Outcome {
	if app.Now().Sub(r.plan.Made) < staleAfter {
		return r.delete(ctx, app, client, r.plan, opts)
	}
	still, dropped, err := pods.Verify(ctx, client, r.plan)
	if err != nil {
		return r.plan.All(pods.Failed, "not deleted: cannot check that it is as planned: "+err.Error())
	}
	return append(dropped, r.delete(ctx, app, client, still, opts)...)
}

// delete deletes the pods of a plan and shows how far that has come.
func (r *cullReport) delete(ctx context.Context, app *App, client *cluster.Client, plan pods.Plan, opts podsCullOptions) []pods.Outcome {
	began := app.Now()
	progress := app.Term.Start("culling pods", len(plan.Victims))
	defer progress.Done()
	options := r.route.options(opts.cullOptions(plan.Policy))
	options.Past = func(why error) bool {
		if errors.Is(why, hub.ErrHangs) {
			why = hub.ErrHangs // whose stop told it is no matter
		}
		r.lost, r.stayed = why, !app.goesPast(ctx, why, r.route.alone, opts.yes)
		return !r.stayed
	}
	shown := 0
	return pods.Cull(ctx, client, plan, options, func(asked, gone int) {
		done := gone
		if !options.Wait {
			done = asked
		}
		if asked == len(plan.Victims) && r.asked == 0 {
			r.asked = app.Now().Sub(began)
		}
		progress.Note(fmt.Sprintf("%d asked to go", asked))
		progress.Step(done - shown)
		shown = done
	})
}

// goesPast decides whether pods are deleted that the Hub was to end and is lost
// for: never if the Hub alone was to, and else if the operator agrees.
func (app *App) goesPast(ctx context.Context, why error, alone, agreed bool) bool {
	if alone {
		app.Term.Warn("the Hub went away half-way; the rest is left alone: %v", why)
		return false
	}
	if agreed {
		app.Term.Warn("the Hub went away half-way; the rest goes straight through Kubernetes: %v", why)
		return true
	}
	app.Term.Warn("the Hub went away half-way: %v", why)
	return app.Term.Confirm(ctx, "delete the rest straight through Kubernetes, past the Hub?") == nil
}
