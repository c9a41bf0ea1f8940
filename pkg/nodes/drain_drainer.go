package nodes

import (
	"context"
	"sync"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// drainer carries out one drain.
type drainer struct {
	client *cluster.Client
	plan   DrainPlan
	opts   DrainOptions

	nodes   map[string]*drainedNode // that are being drained
	pods    []PodOutcome
	watches sync.WaitGroup

	readOnce sync.Once // of the budgets, when the first pod is held back
	budgets  []Budget

	mu       sync.Mutex
	progress DrainProgress
}

// drainedNode is a node that is being drained.
type drainedNode struct {
	Subject
	// dead says that nothing ends there: the kubelet was silent in the plan and
	// still is.
	dead       bool
	departures *cluster.Departures
	// lost is what it has become that must not be drained any more, and why; "" if
	// it has not.
	lost Result
	why  string
}

// watch follows the pods of a node. A watch of one node is what each kubelet has,
// and the API server has an index for it: a few of them cost it less than one
// watch of all pods.
func (d *drainer) watch(ctx context.Context, node NodeOutcome, version string) *drainedNode {
	drained := &drainedNode{Subject: node.Subject, dead: node.silent && d.plan.takesForDead(node.Name)}
	before := DrainProgress{}
	drained.departures = cluster.NewDepartures(func(asked, gone int) {
		d.advance(func(p *DrainProgress) {
			p.Asked += asked - before.Asked
			p.Gone += gone - before.Gone
		})
		before.Asked, before.Gone = asked, gone
	})
	if !d.opts.DryRun {
		query := cluster.PodQuery{Fields: onNode(node.Name).String()}
		d.watches.Go(func() { d.client.FollowPods(ctx, query, version, drained.departures) })
	}
	return drained
}

// advance notes how far the drain has come, and tells.
func (d *drainer) advance(change func(*DrainProgress)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.progress)
	d.opts.Progress(d.progress)
}

// within returns a context that ends after a time at the latest.
func (d *drainer) within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	up := d.opts.after(limit)
	go func() {
		select {
		case <-up:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
