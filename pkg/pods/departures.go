package pods

import (
	"context"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// departures keeps track of pods that were asked to go until they are gone. One
// watch tells of them all.
type departures struct {
	progress Progress

	mu         sync.Mutex
	asked      int
	gone       int
	waiting    map[types.UID]bool   // asked and still there
	left       map[types.UID]bool   // gone, perhaps before the answer to the request came
	present    map[types.UID]bool   // by the last list since; nil if there was none
	finalizers map[types.UID]string // what holds a pod that is still there
	changed    chan struct{}        // closed, and made anew, when a pod has gone

	watch sync.WaitGroup
}

func newDepartures(progress Progress) *departures {
	if progress == nil {
		progress = func(int, int) {}
	}
	return &departures{
		progress: progress,
		waiting:  map[types.UID]bool{}, left: map[types.UID]bool{}, finalizers: map[types.UID]string{},
		changed: make(chan struct{}),
	}
}

// follow watches the plan's kind of pod from the moment of the plan on, until
// ctx ends.
func (d *departures) follow(ctx context.Context, c *cluster.Client, plan Plan) {
	query := cluster.PodQuery{Namespace: plan.Where.Namespace, Selector: plan.Policy.group().selector()}
	d.watch.Go(func() { c.FollowPods(ctx, query, plan.version, d) })
}

// finish waits for the watch to end.
func (d *departures) finish() { d.watch.Wait() }

// expect notes that a pod was asked to go.
func (d *departures) expect(uid types.UID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	if d.left[uid] || d.present != nil && !d.present[uid] {
		d.gone++
	} else {
		d.waiting[uid] = true
	}
	d.progress(d.asked, d.gone)
}

// settled notes that a pod needs no waiting for.
func (d *departures) settled() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	d.gone++
	d.progress(d.asked, d.gone)
}

// Seen notes that a pod is still there.
func (d *departures) Seen(pod *metav1.PartialObjectMetadata) {
	if pod.DeletionTimestamp == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.finalizers[pod.UID] = strings.Join(pod.Finalizers, ", ")
}

// Gone notes that a pod is no longer there.
func (d *departures) Gone(uid types.UID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.depart(uid)
}

// Only notes which pods are there at all, after the watch had lost its thread.
func (d *departures) Only(present map[types.UID]bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.present = present
	for uid := range d.waiting {
		if !present[uid] {
			d.depart(uid)
		}
	}
}

func (d *departures) depart(uid types.UID) {
	d.left[uid] = true
	if !d.waiting[uid] {
		return
	}
	delete(d.waiting, uid)
	d.gone++
	d.progress(d.asked, d.gone)
	close(d.changed)
	d.changed = make(chan struct{})
}

// wait returns when every pod that was asked to go is gone, when the time is
// up (0 is never) or when ctx ends.
func (d *departures) wait(ctx context.Context, timeout time.Duration) {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	for {
		d.mu.Lock()
		remaining, changed := len(d.waiting), d.changed
		d.mu.Unlock()
		if remaining == 0 {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// heldBy is why a pod that has finalizers is still there.
const heldBy = "held by finalizer "

// judge corrects the outcome of a pod that is still there.
func (d *departures) judge(o *Outcome) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.waiting[o.UID] {
		return
	}
	o.Result = Stuck
	if finalizers := d.finalizers[o.UID]; finalizers != "" {
		o.Detail = heldBy + finalizers
	}
}
