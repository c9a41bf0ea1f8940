package e2e

import (
	"net/http"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

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
