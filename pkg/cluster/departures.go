package cluster

import (
	"context"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Departures keeps track of pods that were asked to go until they are gone. It
// is a PodFollower: one watch tells of them all.
type Departures struct {
	progress func(asked, gone int)

	mu         sync.Mutex
	asked      int
	gone       int
	waiting    map[types.UID]bool   // asked and still there
	left       map[types.UID]bool   // gone, perhaps before the answer to the request came
	present    map[types.UID]bool   // by the last list since; nil if there was none
	finalizers map[types.UID]string // what holds a pod that is still there
	changed    chan struct{}        // closed, and made anew, when a pod has gone
}

// NewDepartures returns a tracker of no pods yet. progress, which may be nil, is
// called as pods are asked to go and as they go, never twice at once.
func NewDepartures(progress func(asked, gone int)) *Departures {
	if progress == nil {
		progress = func(int, int) {}
	}
	return &Departures{
		progress: progress,
		waiting:  map[types.UID]bool{}, left: map[types.UID]bool{}, finalizers: map[types.UID]string{},
		changed: make(chan struct{}),
	}
}

// Expect notes that a pod was asked to go.
func (d *Departures) Expect(uid types.UID) {
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

// Settled notes that a pod needs no waiting for.
func (d *Departures) Settled() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	d.gone++
	d.progress(d.asked, d.gone)
}

// Seen notes that a pod is still there.
func (d *Departures) Seen(pod *metav1.PartialObjectMetadata) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if pod.DeletionTimestamp != nil {
		d.finalizers[pod.UID] = strings.Join(pod.Finalizers, ", ")
	}
}

// Gone notes that a pod is no longer there.
func (d *Departures) Gone(uid types.UID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.depart(uid)
}

// Only notes which pods are there at all, after the watch had lost its thread.
func (d *Departures) Only(present map[types.UID]bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.present = present
	for uid := range d.waiting {
		if !present[uid] {
			d.depart(uid)
		}
	}
}

func (d *Departures) depart(uid types.UID) {
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

// Wait returns when every pod that was asked to go is gone, when the time is
// up (0 is never) or when ctx ends.
func (d *Departures) Wait(ctx context.Context, timeout time.Duration) {
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

// Awaited reports whether a pod that was asked to go is still there, and which
// finalizers hold it, if the watch told.
func (d *Departures) Awaited(uid types.UID) (still bool, finalizers string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.waiting[uid], d.finalizers[uid]
}
