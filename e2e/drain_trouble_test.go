package e2e

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A node whose pods cannot be read once more after the cordon is not called
// empty: nothing is evicted blindly, and the command fails and says why.
func TestDrainCannotLookAgain(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, drainable)
	before := p.everything(t)
	f := newProxy(t, p.gameDay)
	unseen := func(_ *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if strings.Contains(r.URL.Query().Get("fieldSelector"), "spec.nodeName") {
			refuse(w, http.StatusForbidden, metav1.StatusReasonForbidden, "not any more", 0)
			return
		}
		pass.ServeHTTP(w, r)
	}
	f.on(verbStream, unseen)
	f.on(verbList, unseen)
	through := f.through(t, p)
	var report drainDoc
	through.run(t, "nodes", "drain", p.node(0), "--yes", "-o", "json").exits(1).says(`not drained`).says(`not any more`).says(`--undo`).decode(&report)
	if len(report.Nodes) != 1 || report.Nodes[0].Result != "cordoned, not drained" {
		t.Errorf("nodes are %+v", report.Nodes)
	}
	sameSet(t, "not tried", report.with("not tried"), slices.Concat(p.on(t, p.node(0), "service"), p.on(t, p.node(0), "")))
	if n := f.count(verbEvict); n > 0 {
		t.Errorf("%d pods were evicted unseen", n)
	}
	p.lostOnly(t, before, p.namespace, nil)
	through.run(t, "nodes", "drain", "--undo", p.node(0), "--yes").exits(0)
}

// The API server dies in the middle of a drain and comes back: the drain goes
// on where it was.
func TestDrainServerRestarts(t *testing.T) {
	day := ownGameDay(t, "title: Restart\nnamespace: restart\n")
	p := newPlace(t, day, "restart", drainable)
	before := p.everything(t)
	moving := p.on(t, p.node(0), "service")
	f := newProxy(t, day)
	var kill sync.Once
	f.on(verbEvict, func(c *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if c.nth >= 2 {
			kill.Do(func() { restart(t, day) })
		}
		pass.ServeHTTP(w, r)
	})
	var report drainDoc
	f.through(t, p).run(t, "nodes", "drain", p.node(0), "--yes", "-o", "json").exits(0).decode(&report)
	sameSet(t, "evicted", slices.Concat(report.with("evicted"), report.with("already gone")), moving)
	// A scheduler that missed how a pod went takes its namesake for it, and never
	// places it: all that is certain is that each pod was made anew.
	eventually(t, "each pod was made anew", func() bool {
		return len(p.pods(t, func(pod *corev1.Pod) bool { return pod.Labels["app"] == "service" && pod.DeletionTimestamp == nil })) == 12
	})
	p.lostOnly(t, before, p.namespace, moving)
}

// Ctrl-C leaves the node cordoned, says so and says how to undo it.
func TestDrainInterrupted(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, drainable)
	f := newProxy(t, p.gameDay)
	var stop sync.Once
	interrupted := make(chan *running, 1)
	f.on(verbEvict, func(_ *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
		stop.Do(func() { (<-interrupted).interrupt() })
		pass.ServeHTTP(w, r)
	})
	through := f.through(t, p)
	drain := through.start(t, nil, "nodes", "drain", p.node(0), "--users", "evict", "--max-in-flight", "1", "--yes")
	interrupted <- drain
	drain.wait().exits(130).says(`cordoned`).says(`--undo`)
	if !p.cordoned(t, p.node(0)) {
		t.Error("the node is not cordoned any more")
	}
	if left := p.on(t, p.node(0), ""); len(left) == 0 {
		t.Error("all users were evicted after the operator had stopped")
	}
	through.run(t, "nodes", "drain", "--undo", p.node(0), "--yes").exits(0)
	if p.cordoned(t, p.node(0)) {
		t.Error("the node is still cordoned")
	}
}
