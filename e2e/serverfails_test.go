package e2e

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The API server dies in the middle of a cull and comes back: the cull goes on
// where it was. A watch outlives that too.
func TestServerRestarts(t *testing.T) {
	day := ownGameDay(t, "title: Restart\nnamespace: restart\n")
	p := newPlace(t, day, "restart", oldPods)
	t.Run("cull", func(t *testing.T) {
		f := newProxy(t, day)
		before := p.everything(t)
		old := byAge(t, p)[:60]
		var kill sync.Once
		f.on(verbDelete, func(c *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
			if c.nth >= 20 {
				kill.Do(func() { restart(t, day) })
			}
			pass.ServeHTTP(w, r)
		})
		var report reportDoc
		f.through(t, p).run(t, "pods", "cull", "--older-than", "4h", "--yes", "-o", "json").exits(0).decode(&report)
		sameSet(t, "deleted pods", report.with("deleted"), old)
		eventually(t, "the API server is back", func() bool { return len(p.users(t)) == 10 })
		p.lostOnly(t, before, p.namespace, old)
	})
	t.Run("watch", func(t *testing.T) {
		w := watchPods(t, p)
		left := byAge(t, p)
		for _, name := range left {
			w.until(t, name+" is shown", func(d podDoc) bool { return d.Name == name && !d.Gone })
		}
		restart(t, day)
		eventually(t, "a pod can be deleted again", func() bool { return p.deletePod(left[0]) == nil })
		w.until(t, "its end is shown", func(d podDoc) bool { return d.Name == left[0] && d.Gone })
		w.stop(t)
	})
}

// restart kills the API server and has it come back by itself.
func restart(t *testing.T, day *gameDay) {
	t.Helper()
	if err := day.gameday("stop", "apiserver"); err != nil {
		t.Error(err)
	}
	started := make(chan struct{})
	go func() {
		defer close(started)
		if err := day.gameday("start", "apiserver"); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { <-started })
}

// The API server dies and does not come back: binderctl gives up, says exactly
// what is left, and the same cull completes it another day.
func TestServerIsGone(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, oldPods)
	before := p.everything(t)
	old := byAge(t, p)[:60]
	f := newProxy(t, p.gameDay)
	through := f.through(t, p)
	f.on(verbDelete, func(c *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if c.nth > 20 {
			f.server.Listener.Close()
			drop()
		}
		pass.ServeHTTP(w, r)
	})
	done := through.run(t, "pods", "cull", "--older-than", "4h", "--yes", "-o", "json").exits(1).
		says(`40 of 60 pods not deleted`).says(`run the same cull again to complete it`)
	var report reportDoc
	done.decode(&report)
	failed := slices.Concat(report.with("failed"), report.with("not tried"))
	if len(failed) != 40 || len(report.with("failed")) == 0 {
		done.failf("%d pods are reported as left over, want 40", len(failed))
	}
	for _, item := range report.Items {
		if slices.Contains(failed, item.Name) && !strings.Contains(item.Detail, "gave up") {
			done.failf("%s is %s, because %q", item.Name, item.Result, item.Detail)
		}
	}
	asked := slices.Concat(report.with("deleted"), report.with("terminating"))
	sameSet(t, "pods reported", slices.Concat(asked, failed), old)
	book := through.journalEvents(t, "begin", "end")
	if got := book[1].results(); got["failed"]+got["not tried"] != 40 {
		t.Errorf("the journal says %v", got)
	}
	p.allGone(t, asked)
	p.lostOnly(t, before, p.namespace, asked)

	p.run(t, "pods", "cull", "--older-than", "4h", "--yes", "-o", "json").exits(0).decode(&report)
	sameSet(t, "pods of the second cull", report.with("deleted"), failed)
	p.lostOnly(t, before, p.namespace, old)
}

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

// An answer that is lost is no harm: the request is made again, and the pod that
// is gone by then counts as deleted.
func TestAnswersAreLost(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]fault{
		"requests": func(_ *apiCall, _ http.ResponseWriter, r *http.Request, pass http.Handler) { lose(r, pass) },
		"refusals": func(_ *apiCall, w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			refuse(w, http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable, "apiserver is shutting down", 0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := sharedPlace(t, "userPods: [{count: 40, age: 5h-9h}]")
			old := p.users(t)
			f := newProxy(t, p.gameDay)
			f.on(verbDelete, func(c *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
				if c.nth%5 == 0 {
					lost(c, w, r, pass)
					return
				}
				pass.ServeHTTP(w, r)
			})
			var report reportDoc
			f.through(t, p).run(t, "pods", "cull", "--older-than", "4h", "--yes", "-o", "json").exits(0).decode(&report)
			sameSet(t, "deleted pods", report.with("deleted"), old)
			if n := len(p.users(t)); n != 0 {
				t.Errorf("%d pods are left", n)
			}
		})
	}
}

// Every connection breaks at once, in the middle.
func TestConnectionsBreak(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, "userPods: [{count: 40, age: 5h-9h}]")
	old := p.users(t)
	f := newProxy(t, p.gameDay)
	var once sync.Once
	f.on(verbDelete, func(c *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if c.nth > 10 {
			once.Do(f.server.CloseClientConnections)
		}
		pass.ServeHTTP(w, r)
	})
	var report reportDoc
	f.through(t, p).run(t, "pods", "cull", "--older-than", "4h", "--yes", "-o", "json").exits(0).decode(&report)
	sameSet(t, "deleted pods", report.with("deleted"), old)
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

// A server that cannot stream lists is read page by page.
func TestOldServer(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, oldPods)
	old := byAge(t, p)[:60]
	f := newProxy(t, p.gameDay)
	f.oldServer(30)
	through := f.through(t, p)
	if r := through.run(t, "pods", "list").exits(0).saysNothing(); len(r.rows()) != 70 {
		r.failf("%d pods, want 70", len(r.rows()))
	}
	if n := f.count(verbList); n != 3 {
		t.Errorf("%d pages, want 3", n)
	}
	var report reportDoc
	through.run(t, "pods", "cull", "--older-than", "4h", "--yes", "-o", "json").exits(0).decode(&report)
	sameSet(t, "deleted pods", report.with("deleted"), old)
}

// A list that breaks off is read again from its beginning; if it always breaks
// off there is no plan at all, and nothing is deleted.
func TestListBreaksOff(t *testing.T) {
	t.Parallel()
	onTheSecondPage := func(breakOff http.HandlerFunc) fault {
		return func(_ *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
			if r.URL.Query().Get("continue") != "" {
				breakOff(w, r)
				return
			}
			pass.ServeHTTP(w, smallPage(r, 30))
		}
	}
	dropped := onTheSecondPage(func(http.ResponseWriter, *http.Request) { drop() })
	breaks := map[string]struct{ stream, page fault }{
		"stream": {func(_ *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
			breakAfter(50_000, w, r, pass)
		}, dropped},
		"page": {notStreamed, dropped},
		"expired": {notStreamed, onTheSecondPage(func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusGone, metav1.StatusReasonExpired, "The provided continue parameter is too old", 0)
		})},
	}
	for name, at := range breaks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := sharedPlace(t, oldPods)
			f := newProxy(t, p.gameDay)
			through := f.through(t, p)

			// Always: an error, and nothing that looks like an answer.
			f.on(verbStream, at.stream)
			f.on(verbList, at.page)
			through.run(t, "pods", "list").exits(1).printsNothing().says(`error: list pods in namespace`)
			through.run(t, "pods", "list", "-o", "json").exits(1).printsNothing()
			through.run(t, "pods", "cull", "--older-than", "4h", "--dry-run").exits(1).printsNothing()
			through.run(t, "pods", "cull", "--older-than", "4h", "--yes").exits(1).printsNothing()
			through.journalEvents(t)
			if n := f.count(verbDelete); n != 0 {
				t.Errorf("%d deletes after a list that broke off", n)
			}

			// Once: the second try is complete.
			if name == "stream" {
				f.on(verbStream, atFirst(at.stream, func(*http.Request) bool { return true }))
				f.on(verbList, nil)
			} else {
				f.on(verbList, atFirst(at.page, func(r *http.Request) bool { return r.URL.Query().Get("continue") != "" }))
			}
			var plan planDoc
			through.run(t, "pods", "cull", "--older-than", "4h", "--dry-run", "-o", "json").exits(0).decode(&plan)
			sameSet(t, "pods of the plan", plan.names(), byAge(t, p)[:60])
		})
	}
}

// atFirst is a fault that strikes once, at the first request that is to suffer.
func atFirst(do fault, suffers func(*http.Request) bool) fault {
	var once sync.Once
	return func(c *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
		struck := false
		if suffers(r) {
			once.Do(func() { struck = true })
		}
		switch {
		case struck:
			do(c, w, r, pass)
		case c.verb == verbList:
			pass.ServeHTTP(w, smallPage(r, 30))
		default:
			pass.ServeHTTP(w, r)
		}
	}
}
