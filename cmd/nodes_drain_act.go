package cmd

import (
	"context"
	"fmt"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/nodes"
)

// drainReport is what a drain came to.
type drainReport struct {
	plan        nodes.DrainPlan
	grave       string // why a plain yes is not enough, besides what the plan tells; or ""
	outcome     nodes.DrainReport
	blockers    nodes.BlockerReport // of the autoscaler, if the nodes are to be taken away; else nothing
	blockersErr error               // why these are not all known
	err         error
	asked       time.Duration // until the last pod was asked to go
	took        time.Duration // until all were gone, or not waited for
	requests    int64
}

// carryOut carries out the plan, shows how far that has come, and notes what
// came of it.
func (r *drainReport) carryOut(ctx context.Context, app *App, client *cluster.Client, opts nodesDrainOptions) {
	began := app.Now()
	view := &drainView{term: app.Term, of: r.plan.Evictions(), last: lastEnds(r.plan, app.Now()), asked: func() {
		if r.asked == 0 {
			r.asked = app.Now().Sub(began)
		}
	}}
	defer view.done()
	r.outcome, r.err = nodes.Drain(ctx, client, r.plan, nodes.DrainOptions{
		ChangeOptions: opts.options(), Timeout: opts.timeout, Wait: opts.wait, Progress: view.show,
	})
	if r.err == nil && r.plan.Policy.For == nodes.ForReclaim {
		r.findBlockers(ctx, client)
	}
	r.took, r.requests = app.Now().Sub(began), client.Requests()
}

// blockersTime is how long it may take to find out what blocks the autoscaler,
// also for an operator who has stopped.
const blockersTime = 15 * time.Second

// findBlockers finds out what still keeps the autoscaler from taking the nodes.
func (r *drainReport) findBlockers(ctx context.Context, client *cluster.Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), blockersTime)
	defer cancel()
	r.blockers, r.blockersErr = nodes.Blockers(ctx, client, nodeNamesOf(r.nodes()), time.Duration(r.plan.Policy.MaxAge))
}

// drainView shows a drain as it goes on: first the pods that are evicted, then
// the users who remain.
type drainView struct {
	term     *ui.Terminal
	of       int
	progress *ui.Progress
	guests   bool
	shown    int
	last     string // when those who remain should have ended
	asked    func() // called when all were asked to go
}

func (v *drainView) show(p nodes.DrainProgress) {
	if p.Asked == p.Of {
		v.asked()
	}
	if following := p.Remaining >= 0 && p.Gone+p.Blocked >= p.Of && p.Remaining > 0; following && !v.guests {
		v.done()
		v.guests, v.shown = true, 0
		v.of = p.Remaining
		v.progress = v.term.Start("waiting for users and builds", v.of)
		v.progress.Note(v.last)
	}
	if v.progress == nil {
		v.progress = v.term.Start("draining", v.of)
	}
	if v.guests {
		v.step(v.of - max(p.Remaining, 0))
		return
	}
	if p.Of != v.of {
		v.of = p.Of
		v.progress.Total(v.of)
	}
	v.progress.Note(drainNote(p))
	v.step(p.Gone)
}

func drainNote(p nodes.DrainProgress) string {
	if p.Blocked > 0 {
		return fmt.Sprintf("%d asked to go, %d held back by disruption budgets", p.Asked, p.Blocked)
	}
	return fmt.Sprintf("%d asked to go", p.Asked)
}

func (v *drainView) step(done int) {
	v.progress.Step(done - v.shown)
	v.shown = done
}

func (v *drainView) done() {
	if v.progress != nil {
		v.progress.Done()
	}
}
