package e2e

import (
	"context"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// allow binds a user of the place to a role that consists of these YAML
// documents, and returns the flag to act as that user.
func (p *place) allow(t *testing.T, user, roles string) string {
	t.Helper()
	ctx, rbac := context.Background(), p.kube.RbacV1()
	user = p.namespace + "-" + user
	subjects := []rbacv1.Subject{{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: user}}
	for text := range strings.SplitSeq(roles, "---\n") {
		var role rbacv1.ClusterRole // a Role has the same fields, and fewer
		if err := yaml.Unmarshal([]byte(text), &role); err != nil {
			t.Fatal(err)
		}
		ref := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: role.Kind, Name: user}
		meta := metav1.ObjectMeta{Name: user, Namespace: p.namespace}
		var err error
		if role.Kind == "Role" {
			if _, err = rbac.Roles(p.namespace).Create(ctx, &rbacv1.Role{ObjectMeta: meta, Rules: role.Rules}, metav1.CreateOptions{}); err == nil {
				_, err = rbac.RoleBindings(p.namespace).Create(ctx, &rbacv1.RoleBinding{ObjectMeta: meta, RoleRef: ref, Subjects: subjects}, metav1.CreateOptions{})
			}
		} else {
			meta.Namespace = ""
			if _, err = rbac.ClusterRoles().Create(ctx, &rbacv1.ClusterRole{ObjectMeta: meta, Rules: role.Rules}, metav1.CreateOptions{}); err == nil {
				_, err = rbac.ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{ObjectMeta: meta, RoleRef: ref, Subjects: subjects}, metav1.CreateOptions{})
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return "--as=" + user
}

// role is a Role with these rights on pods.
func role(verbs string) string {
	return "kind: Role\nrules: [{apiGroups: [\"\"], resources: [pods], verbs: [" + verbs + "]}]\n"
}

// Each command works with the role that binderctl prints for it and with no
// other rights; with fewer it says which is missing, before it does anything.
func TestRights(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, oldPods)
	before := p.everything(t)
	f := newProxy(t, p.gameDay)
	through := f.through(t, p)
	lister := p.allow(t, "lister", p.run(t, "rbac", "pods", "list").exits(0).stdout)
	culler := p.allow(t, "culler", p.run(t, "rbac", "pods", "cull").exits(0).stdout)
	pager := p.allow(t, "pager", role("list"))
	blind := p.allow(t, "blind", role("list, delete"))
	nobody := p.allow(t, "nobody", role("get"))
	// The API server learns of bindings a moment later, and of all in order.
	eventually(t, "the rights are in force", func() bool { return p.run(t, "pods", "list", blind).code == 0 })

	lists := func(user string, streamed bool) {
		t.Helper()
		pages := f.count(verbList)
		if r := through.run(t, "pods", "list", user).exits(0).saysNothing(); len(r.rows()) != 70 {
			r.failf("%d pods, want 70", len(r.rows()))
		}
		if streamed != (f.count(verbList) == pages) {
			t.Errorf("%s: the list was streamed: %v", user, !streamed)
		}
	}
	lists(lister, true)
	lists(culler, true)
	lists(pager, false)

	cull := []string{"pods", "cull", "--older-than", "4h", "--yes"}
	through.run(t, "pods", "list", nobody).exits(1).printsNothing().
		says(`cannot list resource "pods"`).says(`binderctl rbac`)
	through.run(t, "pods", "list", "-w", pager).exits(1).
		says(`cannot watch resource "pods"`)
	lookups := f.count(verbStream) + f.count(verbList)
	through.run(t, append(cull, lister)...).exits(1).printsNothing().says(`you may not delete pods in namespace ` + p.namespace).says(`binderctl rbac`)
	through.run(t, append(cull, nobody)...).exits(1).printsNothing().says(`you may not delete pods in namespace ` + p.namespace)
	through.run(t, append(cull, blind)...).exits(1).printsNothing().says(`you may not watch pods in namespace ` + p.namespace)
	through.run(t, append(cull, lister, "--dry-run=server")...).exits(1).printsNothing().says(`you may not delete pods`)
	if n := f.count(verbStream) + f.count(verbList) - lookups; n != 0 {
		t.Errorf("%d lists for plans that nobody may carry out", n)
	}
	// To look at a plan, no more is needed than to list.
	through.run(t, "pods", "cull", "--older-than", "4h", "--dry-run", pager).exits(0).says(`to delete: 60 of 70`)
	p.lostOnly(t, before, p.namespace, nil)
	through.journalEvents(t)

	old := byAge(t, p)
	through.run(t, append(cull, blind, "--wait=false", "--limit", "5")...).exits(0).prints(`^pods: 5 (deleted|asked to go)`)
	through.run(t, append(cull, culler)...).exits(0).prints(`^pods: \d+ deleted`)
	p.allGone(t, old[:60])
	p.lostOnly(t, before, p.namespace, old[:60])
	if by := through.journal(t)[3].By; by.Login == "" || by.Cluster != p.namespace+"-culler" {
		t.Errorf("the journal says %+v of who it was", by)
	}
}

// Who may read some namespaces sees those, and is told which others there are.
func TestRightsInOneNamespace(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, "userPods: [{count: 5, age: 1h}]")
	const namespaces = "---\nkind: ClusterRole\nrules: [{apiGroups: [\"\"], resources: [namespaces], verbs: [list]}]\n"
	here := p.allow(t, "here", role("list, watch")+namespaces)
	narrow := p.allow(t, "narrow", role("list, watch"))
	eventually(t, "the rights are in force", func() bool {
		return p.run(t, "pods", "list", narrow).code == 0 && p.run(t, "pods", "list", "-A", here).code == 0
	})
	r := p.run(t, "pods", "list", "-A", here).exits(0).says(`warning: you may not list pods in .*default, .*kube-system`)
	if len(r.rows()) != 5 || strings.Count(r.stderr, "warning") != 1 || strings.Contains(r.stderr, p.namespace) {
		r.failf("%d pods, want 5; and one warning about the other namespaces", len(r.rows()))
	}
	var list listDoc
	p.run(t, "pods", "list", "-A", here, "-o", "json").exits(0).decode(&list)
	if len(list.Items) != 5 || len(list.Unseen) < 3 {
		t.Errorf("JSON has %d pods, and %q as unseen", len(list.Items), list.Unseen)
	}
	p.run(t, "pods", "list", "-A", narrow).exits(1).printsNothing().
		says(`pods in all namespaces`).says(`cannot list resource "pods"`).says(`binderctl rbac`)
}

// A token that is wrong, or has expired, is no puzzle.
func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, oldPods)
	before := p.everything(t)
	wrong := newOperator(t, p.kubeconfigFor(t, func(s *settings) { s.namespace, s.token = p.namespace, "wrong-or-expired-0123456789" }))
	for _, args := range [][]string{
		{"pods", "list"},
		{"pods", "list", "-A"},
		{"pods", "list", "-w"},
		{"pods", "cull", "--older-than", "4h", "--dry-run"},
		{"pods", "cull", "--older-than", "4h", "--yes"},
	} {
		wrong.run(t, args...).exits(1).printsNothing().says(`the server does not accept your credentials`)
	}
	wrong.journalEvents(t)
	p.lostOnly(t, before, p.namespace, nil)
}

// Names come from the cluster when the shell asks for them.
func TestCompletion(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, "userPods: [{count: 5, age: 1h}]")
	offers := func(want string, args ...string) {
		t.Helper()
		// A shell does not wait for long, which a busy machine may make it.
		eventually(t, "the shell is offered "+want, func() bool {
			r := p.run(t, append([]string{"__complete"}, args...)...).exits(0)
			return strings.Contains("\n"+r.stdout, "\n"+want+"\n")
		})
	}
	offers(p.namespace+"-0", "pods", "list", "--node", "")
	offers(p.namespace+"-1", "pods", "cull", "--node", p.namespace)
	offers(p.namespace, "pods", "list", "-n", "at-")
	offers("ipython/ipython-in-depth", "pods", "list", "--repo", "ipy")
	offers("bokeh/bokeh-notebooks", "pods", "cull", "--repo", "")
}
