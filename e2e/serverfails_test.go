package e2e

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

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
