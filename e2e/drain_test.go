package e2e

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What can move moves, users stay, and what belongs to the node does too.
func TestDrain(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, drainable)
	before := p.everything(t)
	moving, users := p.on(t, p.node(0), "service"), p.users(t)
	if len(moving) == 0 || len(p.on(t, p.node(0), "")) == 0 {
		t.Fatal("there is nothing to drain")
	}
	p.run(t, "nodes", "drain", p.node(0), "--dry-run").exits(0).says(`dry run: nothing was changed`)
	p.run(t, "nodes", "drain", p.node(0), "--dry-run=server", "--yes").exits(0)
	p.run(t, "nodes", "drain", p.node(0)).exits(2).says(`--yes`)
	p.lostOnly(t, before, p.namespace, nil)
	if p.cordoned(t, p.node(0)) {
		t.Error("a look at the plan cordoned the node")
	}

	var report drainDoc
	p.run(t, "nodes", "drain", p.node(0), "--reason", "to see it work", "--yes", "-o", "json").exits(0).decode(&report)
	sameSet(t, "evicted", report.with("evicted"), moving)
	sameSet(t, "users", p.users(t), users)
	p.lostOnly(t, before, p.namespace, moving)
	p.settled(t, "service", 12)
	if again := p.on(t, p.node(0), "service"); len(again) > 0 {
		t.Errorf("%q came back to the node", again)
	}
	p.run(t, "nodes", "list", "--cordoned", "-o", "wide").exits(0).prints(p.node(0) + `.*to see it work`)

	// Draining it again finds nothing to do. Then it is put back.
	p.run(t, "nodes", "drain", p.node(0), "--yes").exits(0)
	p.run(t, "nodes", "drain", "--undo", p.node(0), "--yes").exits(0)
	if p.cordoned(t, p.node(0)) {
		t.Error("the node is still cordoned")
	}
	book := p.journal(t)
	if first := book[1]; first.Event != "end" || first.results()["evicted"] != len(moving) {
		t.Errorf("the journal says %v of the drain", first.results())
	}
}

// Users are evicted only where the operator says so.
func TestDrainUsers(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, drainable)
	before := p.everything(t)
	all := slices.Concat(p.on(t, p.node(0), "service"), p.on(t, p.node(0), ""))
	p.run(t, "nodes", "drain", p.node(0), "--users", "evict", "--yes").exits(0)
	p.lostOnly(t, before, p.namespace, all)
}

// A budget that never allows a disruption is named; the rest is done.
func TestDrainBudget(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, guardedService)
	guarded := p.on(t, p.node(0), "guarded")
	moving := p.on(t, p.node(0), "service")
	eventually(t, "the budget is known", func() bool {
		found, err := p.kube.PolicyV1().PodDisruptionBudgets(p.namespace).Get(context.Background(), "never", metav1.GetOptions{})
		return err == nil && found.Status.ObservedGeneration == found.Generation && found.Status.ExpectedPods > 0
	})
	before := p.everything(t)
	r := p.run(t, "nodes", "drain", p.node(0), "--timeout", "3s", "--yes", "-o", "json").exits(1).says(`never`)
	var report drainDoc
	r.decode(&report)
	sameSet(t, "blocked", report.with("blocked"), guarded)
	sameSet(t, "evicted", report.with("evicted"), moving)
	p.lostOnly(t, before, p.namespace, moving)
	if !p.cordoned(t, p.node(0)) {
		t.Error("the node is not cordoned")
	}
}

// A DaemonSet makes its pod anew on the node that is drained; nobody chases it.
func TestDrainDaemonSet(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, drainable+`
- kind: DaemonSet
  name: agent
  labels: {app: agent}
  age: 2d
  nodeSelector: {cloud.google.com/gke-nodepool: NAMESPACE}
  containers: [{name: agent, image: "example/agent:1"}]
`)
	agent := p.on(t, p.node(0), "agent")
	f := newProxy(t, p.gameDay)
	var first sync.Once
	f.on(verbEvict, func(_ *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
		first.Do(func() { p.delete(t, agent[0]) })
		pass.ServeHTTP(w, r)
	})
	f.through(t, p).run(t, "nodes", "drain", p.node(0), "--timeout", "30s", "--yes").exits(0)
	eventually(t, "the agent is back", func() bool {
		again := p.on(t, p.node(0), "agent")
		return len(again) == 1 && again[0] != agent[0]
	})
}

// The last node of a pool is not closed by accident, and a misspelt name harms
// nothing.
func TestCordonLastNode(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, "nodes: [{pool: NAMESPACE, count: 1, allocatable: {cpu: \"4\", memory: 16Gi, pods: 110}, age: 2d}]\nuserPods: [{count: 2, age: 1h}]")
	for _, verb := range []string{"cordon", "drain"} {
		p.run(t, "nodes", verb, p.node(0), "--yes").exits(2).says(`has no node left|would have no node left`).says(`--allow-no-room`)
		p.run(t, "nodes", verb, p.node(0), p.namespace+"-9", "--allow-no-room", "--yes").exits(2).says(p.namespace + `-9`).says(`did you mean ` + p.node(0))
	}
	if p.cordoned(t, p.node(0)) {
		t.Fatal("the node was cordoned")
	}
	p.run(t, "nodes", "cordon", p.node(0), "--allow-no-room", "--yes").exits(0)
	if !p.cordoned(t, p.node(0)) {
		t.Fatal("the node was not cordoned")
	}
	p.run(t, "nodes", "uncordon", p.node(0), "--yes").exits(0)
}
