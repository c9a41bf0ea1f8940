package e2e

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A place with three nodes, users on all of them and a service that can move
// between them. The service is a StatefulSet: each
// pod that moves is followed by a namesake.
const drainable = `
nodes:
- {pool: NAMESPACE, count: 3, allocatable: {cpu: "64", memory: 512Gi, pods: 500}, age: 2d}
userPods: [{count: 9, age: 1h-2h}]
workloads:
- kind: StatefulSet
  name: service
  replicas: 12
  labels: {app: service}
  age: 1d
  nodeSelector: {cloud.google.com/gke-nodepool: NAMESPACE}
  containers: [{name: service, image: "example/service:1"}]
`

// guardedService is drainable with a second service, whose budget never allows
// a disruption.
const guardedService = drainable + `
- kind: StatefulSet
  name: guarded
  replicas: 3
  labels: {app: guarded}
  age: 1d
  nodeSelector: {cloud.google.com/gke-nodepool: NAMESPACE}
  containers: [{name: guarded, image: "example/guarded:1"}]
manifests:
- apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: never, namespace: NAMESPACE}
  spec: {maxUnavailable: 0, selector: {matchLabels: {app: guarded}}}
`

// drainDoc is the JSON of nodes drain.
type drainDoc struct {
	Counts map[string]int `json:"counts"`
	Nodes  []struct {
		Name      string `json:"name"`
		Result    string `json:"result"`
		Remaining int    `json:"remaining"`
	} `json:"nodes"`
	Items []podDoc `json:"items"`
}

// with are the names of the pods that came to this.
func (d drainDoc) with(outcome string) []string { return reportDoc{Items: d.Items}.with(outcome) }

// node is the name of one of the place's nodes.
func (p *place) node(i int) string { return fmt.Sprintf("%s-%d", p.namespace, i) }

// on are the names of the place's pods on a node of which a label app has this
// value; "" is the users'.
func (p *place) on(t *testing.T, node, app string) []string {
	t.Helper()
	return p.pods(t, func(pod *corev1.Pod) bool {
		return pod.Spec.NodeName == node && (pod.Labels["app"] == app || app == "" && isUser(pod))
	})
}

// cordoned reports whether a node takes no new pods.
func (p *place) cordoned(t *testing.T, node string) bool {
	t.Helper()
	found, err := p.kube.CoreV1().Nodes().Get(context.Background(), node, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return found.Spec.Unschedulable
}

// settled waits until every pod of the service runs.
func (p *place) settled(t *testing.T, app string, n int) {
	t.Helper()
	eventually(t, "the service is whole", func() bool {
		return len(p.pods(t, func(pod *corev1.Pod) bool {
			return pod.Labels["app"] == app && pod.DeletionTimestamp == nil && pod.Status.Phase == corev1.PodRunning
		})) == n
	})
}

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

// A node that goes away in the middle takes its pods with it: that is what the
// drain was for.
func TestDrainNodeVanishes(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, drainable)
	users := p.on(t, p.node(1), "")
	f := newProxy(t, p.gameDay)
	var gone sync.Once
	f.on(verbEvict, func(_ *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
		gone.Do(func() {
			now := int64(0)
			if err := p.kube.CoreV1().Nodes().Delete(context.Background(), p.node(0), metav1.DeleteOptions{GracePeriodSeconds: &now}); err != nil {
				t.Error(err)
			}
		})
		pass.ServeHTTP(w, r)
	})
	f.through(t, p).run(t, "nodes", "drain", p.node(0), "--timeout", "5s", "--yes").exits(0).prints(`already gone|has gone`)
	sameSet(t, "users elsewhere", p.on(t, p.node(1), ""), users)
}

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

// withDeadNode is drainable with a fourth node, whose kubelet is dead.
func withDeadNode() string {
	return strings.Replace(drainable, "age: 2d}", "age: 2d}\n- {pool: NAMESPACE-dead, count: 1, notReadyFor: 10m, labels: {cloud.google.com/gke-nodepool: NAMESPACE}, allocatable: {cpu: \"64\", memory: 512Gi, pods: 500}, age: 2d}", 1)
}

// A kubelet that comes back while its node is drained ends its pods itself: their
// records are left to it, though the operator has agreed to have them removed.
func TestDrainKubeletComesBack(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, withDeadNode())
	dead := p.namespace + "-dead-0"
	moving := p.on(t, dead, "service")
	if len(moving) == 0 {
		t.Fatal("no service has pods on the dead node")
	}
	before := p.everything(t)
	f := newProxy(t, p.gameDay)
	var back sync.Once
	f.on(verbEvict, func(_ *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
		back.Do(func() { p.revive(t, dead) })
		pass.ServeHTTP(w, r)
	})
	var report drainDoc
	f.through(t, p).run(t, "nodes", "drain", dead, "--force", "--timeout", "3s", "--yes", "-o", "json").exits(1).decode(&report)
	sameSet(t, "terminating", report.with("terminating"), moving)
	if n := f.count(verbDelete); n > 0 {
		t.Errorf("%d records were removed under a living kubelet", n)
	}
	p.lostOnly(t, before, p.namespace, nil)
}

// revive has a dead kubelet say that its node is ready. It says nothing after
// that, so that pods do not end while a test looks.
func (p *place) revive(t *testing.T, node string) {
	t.Helper()
	nodes := p.kube.CoreV1().Nodes()
	found, err := nodes.Get(context.Background(), node, metav1.GetOptions{})
	if err != nil {
		t.Error(err)
		return
	}
	for i := range found.Status.Conditions {
		if c := &found.Status.Conditions[i]; c.Type == corev1.NodeReady {
			c.Status, c.LastHeartbeatTime = corev1.ConditionTrue, metav1.Now()
		}
	}
	if _, err := nodes.UpdateStatus(context.Background(), found, metav1.UpdateOptions{}); err != nil {
		t.Error(err)
	}
}

// On a node whose kubelet is dead nothing ends: the drain says so, and removes
// the records if it is told to.
func TestDrainDeadNode(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, withDeadNode())
	dead := p.namespace + "-dead-0"
	moving := p.on(t, dead, "service")
	if len(moving) == 0 {
		t.Fatal("no service has pods on the dead node")
	}
	before := p.everything(t)
	p.run(t, "nodes", "drain", dead, "--dry-run").exits(0).says(`not ready`)
	p.run(t, "nodes", "drain", dead, "--timeout", "2s", "--yes").exits(1).prints(`not ready`).says(`--force`)
	p.run(t, "nodes", "drain", dead, "--force", "--yes").exits(0)
	p.lostOnly(t, before, p.namespace, moving)
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
