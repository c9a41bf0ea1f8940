package e2e

import (
	"net/http"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A server that is too busy says so: binderctl leaves it alone for as long as
// it asks, comes back with fewer requests at once, and finishes.
func TestServerIsBusy(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, "userPods: [{count: 100, age: 5h-9h}]")
	before := p.everything(t)
	old := p.users(t)
	f := newProxy(t, p.gameDay)
	const first = 16 // in flight at the start
	var mu sync.Mutex
	var refused time.Time
	f.on(verbDelete, func(c *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if c.nth > first {
			pass.ServeHTTP(w, r)
			return
		}
		// All that are in flight together meet the same trouble.
		f.came(verbDelete, first)
		mu.Lock()
		if refused.IsZero() {
			refused = time.Now()
		}
		mu.Unlock()
		refuse(w, http.StatusTooManyRequests, metav1.StatusReasonTooManyRequests, "the server has received too many requests", 1)
	})
	var report reportDoc
	f.through(t, p).run(t, "pods", "cull", "--older-than", "4h", "--yes", "-o", "json").exits(0).decode(&report)
	sameSet(t, "deleted pods", report.with("deleted"), old)
	p.lostOnly(t, before, p.namespace, old)

	calls := f.of(verbDelete)
	if again := calls[first].began; again.Before(refused.Add(time.Second)) {
		t.Errorf("came back after %s, and was told to wait for 1s", again.Sub(refused))
	}
	for _, call := range calls[first : first+8] {
		if call.inFlight > first/2 {
			t.Errorf("request %d came as one of %d at once, after 16 had been too many", call.nth, call.inFlight)
		}
	}
}

// A server that becomes slow under the load is given less of it.
func TestServerIsSlow(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, "userPods: [{count: 120, age: 5h-9h}]")
	f := newProxy(t, p.gameDay)
	const fast = 30
	var rounds rounds
	f.on(verbDelete, func(c *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if c.nth > fast {
			rounds.wait(max(time.Second, 20*f.slowest(fast)))
		}
		pass.ServeHTTP(w, r)
	})
	f.through(t, p).run(t, "pods", "cull", "--older-than", "4h", "--yes").exits(0).prints(`^pods: 120 deleted`)
	if sizes := rounds.sizes; len(sizes) < 2 || sizes[1] > sizes[0]*3/4 {
		t.Errorf("rounds of %d requests, which should soon become fewer", sizes)
	}
}

// rounds holds requests until no more come, and then lets them all go on: so
// many were sent side by side.
type rounds struct {
	mu    sync.Mutex
	begun []chan struct{} // of the round that is under way
	quiet *time.Timer
	sizes []int
}

// wait returns when nobody has come for that long.
func (r *rounds) wait(quiet time.Duration) {
	goOn := make(chan struct{})
	r.mu.Lock()
	r.begun = append(r.begun, goOn)
	if r.quiet != nil {
		r.quiet.Stop()
	}
	r.quiet = time.AfterFunc(quiet, r.end)
	r.mu.Unlock()
	<-goOn
}

func (r *rounds) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.begun) > 0 {
		r.sizes = append(r.sizes, len(r.begun))
	}
	for _, goOn := range r.begun {
		close(goOn)
	}
	r.begun = nil
}

// slowest is how long the slowest of the first n deletes took.
func (f *faultProxy) slowest(n int) time.Duration {
	var longest time.Duration
	for _, call := range f.of(verbDelete) {
		if call.nth <= n {
			longest = max(longest, call.ended.Sub(call.began))
		}
	}
	return longest
}

// A hundred pods take hardly more than a hundred requests, and binderctl says
// how many it made.
func TestFewRequests(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, "userPods: [{count: 100, age: 5h-9h}]")
	f := newProxy(t, p.gameDay)
	var report reportDoc
	r := f.through(t, p).run(t, "pods", "cull", "--older-than", "4h", "--yes", "-o", "json").exits(0)
	r.decode(&report)
	asked := f.count("")
	if asked > 110 || f.count(verbDelete) != 100 || f.count(verbStream) != 1 {
		r.failf("%d requests, %d of them deletes and %d lists", asked, f.count(verbDelete), f.count(verbStream))
	}
	if report.Requests != asked {
		r.failf("binderctl counted %d requests, and there were %d", report.Requests, asked)
	}
}
