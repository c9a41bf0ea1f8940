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

// A cordoned node goes away and another takes its name just before the drain
// looks at its pods: whoever is on the other one has nothing to do with it.
func TestDrainNamesakeNode(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, drainable)
	node := p.node(0)
	p.run(t, "nodes", "cordon", node, "--yes").exits(0)
	here := p.on(t, node, "")
	f := newProxy(t, p.gameDay)
	var once sync.Once
	var newcomers []string
	look := func(_ *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if strings.Contains(r.URL.Query().Get("fieldSelector"), "spec.nodeName="+node) {
			once.Do(func() {
				p.makeAnew(t, node)
				for _, user := range here {
					newcomers = append(newcomers, string(p.replace(t, user).UID))
				}
			})
		}
		pass.ServeHTTP(w, r)
	}
	f.on(verbStream, look)
	f.on(verbList, look)
	f.through(t, p).run(t, "nodes", "drain", node, "--users", "evict", "--timeout", "5s", "--yes")
	if len(newcomers) == 0 {
		t.Fatal("nobody has taken the place of the users")
	}
	left := map[string]bool{}
	for _, pod := range p.all(t) {
		left[string(pod.UID)] = pod.DeletionTimestamp == nil
	}
	for _, uid := range newcomers {
		if !left[uid] {
			t.Errorf("the user %s on the node's namesake was evicted", uid)
		}
	}
}

// makeAnew has a node go away, and another come under its name.
func (p *place) makeAnew(t *testing.T, name string) {
	t.Helper()
	ctx, nodes, now := context.Background(), p.kube.CoreV1().Nodes(), int64(0)
	old, err := nodes.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		t.Error(err)
		return
	}
	if err := nodes.Delete(ctx, name, metav1.DeleteOptions{GracePeriodSeconds: &now}); err != nil {
		t.Error(err)
	}
	twin := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: old.Labels}, Status: old.Status}
	if _, err := nodes.Create(ctx, twin, metav1.CreateOptions{}); err != nil {
		t.Error(err)
	}
}

// A colleague takes a drain back before its deadline: nobody is cut off, and the
// drain says why.
func TestDrainTakenBack(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, drainable)
	users := p.users(t)
	drain := p.start(t, nil, "nodes", "drain", p.node(0), "--users", "deadline=8s", "--yes")
	eventually(t, "the node is cordoned", func() bool { return p.cordoned(t, p.node(0)) })
	p.run(t, "nodes", "drain", "--undo", p.node(0), "--yes").exits(0)
	drain.wait().exits(1).prints(`the cordon was taken back`)
	sameSet(t, "users", p.users(t), users)
	if p.cordoned(t, p.node(0)) {
		t.Error("the node was cordoned again")
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
