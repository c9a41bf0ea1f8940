package nodes

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/binderctl/binderctl/pkg/cluster"
)

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
