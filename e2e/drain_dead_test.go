package e2e

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// deadNode is drainable with a fourth node, whose kubelet is dead, and the pods of
// the service that are there.
func deadNode(t *testing.T) (p *place, dead string, moving []string) {
	t.Helper()
	described := strings.Replace(drainable, "age: 2d}", "age: 2d}\n- {pool: NAMESPACE-dead, count: 1, notReadyFor: 10m, labels: {cloud.google.com/gke-nodepool: NAMESPACE}, allocatable: {cpu: \"64\", memory: 512Gi, pods: 500}, age: 2d}", 1)
	p = sharedPlace(t, described)
	dead = p.namespace + "-dead-0"
	if moving = p.on(t, dead, "service"); len(moving) == 0 {
		t.Fatal("no service has pods on the dead node")
	}
	return p, dead, moving
}

// On a node whose kubelet is dead nothing ends: the drain says so, and removes
// the records if it is told to.
func TestDrainDeadNode(t *testing.T) {
	t.Parallel()
	p, dead, moving := deadNode(t)
	before := p.everything(t)
	p.run(t, "nodes", "drain", dead, "--dry-run").exits(0).says(`not ready`)
	p.run(t, "nodes", "drain", dead, "--timeout", "2s", "--yes").exits(1).prints(`not ready`).says(`--force`)
	p.run(t, "nodes", "drain", dead, "--force", "--yes").exits(0)
	p.lostOnly(t, before, p.namespace, moving)
}

// A kubelet that comes back while its node is drained ends its pods itself: their
// records are left to it, though the operator has agreed to have them removed.
func TestDrainKubeletComesBack(t *testing.T) {
	t.Parallel()
	p, dead, moving := deadNode(t)
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
