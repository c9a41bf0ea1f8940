package nodes

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"

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
}

// glance is a look at the pods of a node.
type glance struct {
	seen    bool   // to the end; else nothing is known of the node's pods
	version string // as of when
	pods    []*corev1.Pod
}

// Reset forgets what was read.
func (g *glance) Reset() { g.pods = nil }

// Add takes in a pod.
func (g *glance) Add(pod *corev1.Pod) { g.pods = append(g.pods, pod.DeepCopy()) }

// onNode chooses the pods of a node.
func onNode(name string) fields.Selector { return fields.OneTermEqualSelector("spec.nodeName", name) }

func (d *drainer) glance(ctx context.Context, node string) (glance, error) {
	var look glance
	version, err := d.client.ReadPods(ctx, cluster.PodQuery{Fields: onNode(node).String(), Detail: true}, &look)
	if err != nil {
		return glance{}, fmt.Errorf("its pods could not be read again: %w", err)
	}
	look.seen, look.version = true, version
	return look, nil
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

// remaining are the users and builds that are left to finish.
func (d *drainer) remaining() []int {
	var list []int
	for i := range d.pods {
		if d.pods[i].Result == Remains {
			list = append(list, i)
		}
	}
	return list
}

// followGuests waits until the users and builds that remain have ended, or until
// the deadline: then it cuts off those who are left.
func (d *drainer) followGuests(ctx, watching context.Context, remaining []int) {
	deadline := d.plan.Policy.Users == UsersDeadline
	if d.opts.DryRun || !deadline && !d.opts.Wait {
		return
	}
	waiting := ctx
	if deadline {
		var cancel context.CancelFunc
		waiting, cancel = d.within(ctx, d.plan.Policy.Deadline.Sub(d.client.Now()))
		defer cancel()
	}
	guests := d.expectGuests(watching, remaining)
	for _, one := range guests {
		one.Wait(waiting, 0)
	}
	var left []int
	for _, i := range remaining {
		o := &d.pods[i]
		if still, _ := guests[o.Node].Awaited(o.UID); still {
			left = append(left, i)
		} else {
			o.Result, o.Detail = Ended, ""
		}
	}
	if deadline && ctx.Err() == nil && len(left) > 0 {
		d.cutOff(ctx, left)
	}
}

// cutOff evicts those who are left at the deadline.
func (d *drainer) cutOff(ctx context.Context, left []int) {
	for _, i := range left {
		o := &d.pods[i]
		o.Verdict, o.Reason, o.Result, o.Detail = Ends, "cut off at the deadline", "", ""
	}
	d.advance(func(p *DrainProgress) { p.Remaining = -1 })
	d.evictAll(ctx, left)
}

// expectGuests watches those who remain, on each node. Somebody whose pod has
// finished has ended, whether or not the Hub has tidied up: to a watch that
// leaves finished pods out, one that finishes is gone.
func (d *drainer) expectGuests(watching context.Context, remaining []int) map[string]*cluster.Departures {
	guests := map[string]*cluster.Departures{}
	for _, i := range remaining {
		guests[d.pods[i].Node] = nil
	}
	d.advance(func(p *DrainProgress) { p.Remaining = len(remaining) })
	for node := range guests {
		before := 0
		guests[node] = cluster.NewDepartures(func(_, gone int) {
			d.advance(func(p *DrainProgress) { p.Remaining -= gone - before })
			before = gone
		})
	}
	for _, i := range remaining {
		guests[d.pods[i].Node].Expect(d.pods[i].UID)
	}
	for node, departures := range guests {
		living := fields.AndSelectors(onNode(node),
			fields.OneTermNotEqualSelector("status.phase", string(corev1.PodSucceeded)),
			fields.OneTermNotEqualSelector("status.phase", string(corev1.PodFailed)))
		query := cluster.PodQuery{Fields: living.String()}
		d.watches.Go(func() { d.client.FollowPods(watching, query, "", departures) })
	}
	return guests
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

// pause waits for d, or for ctx to end.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
