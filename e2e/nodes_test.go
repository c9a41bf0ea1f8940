package e2e

import (
	"strings"
	"testing"
)

// Today's members of mybinder.org's federation have one node each: it is never
// accused of having everything on it, and not closed by accident.
func TestOneNodeCluster(t *testing.T) {
	t.Parallel()
	p := placeIn(t, ownGameDay(t, `title: One node
namespace: member
nodes: [{pool: all, count: 1, allocatable: {cpu: "64", memory: 256Gi, pods: 300}, age: 20d}]
repos: [{url: https://github.com/ipython/ipython-in-depth}]
userPods:
- {count: 40, age: 10m-3h}
- {count: 2, age: 1h, phase: Failed, reason: OOMKilled}
workloads:
- {kind: Deployment, name: hub, labels: {app: jupyterhub, component: hub}, age: 3d, containers: [{name: hub, image: "jupyterhub/k8s-hub:4.2.0"}]}
- {kind: Deployment, name: proxy, labels: {app: jupyterhub, component: proxy}, age: 3d, containers: [{name: chp, image: "jupyterhub/configurable-http-proxy:4.6.3"}]}
`), "member")
	before := p.everything(t)
	p.run(t, "nodes", "find-unhealthy").exits(0).printsNothing()
	p.run(t, "nodes", "list").exits(0).prints(`^all-0 +Ready +40 +4\d/300 `).prints(`room for \d+ more users`)
	for _, verb := range []string{"cordon", "drain"} {
		p.run(t, "nodes", verb, "all-0", "--yes").exits(2).says(`launches`).says(`--allow-no-room`)
	}
	p.run(t, "nodes", "cordon", "all-0", "--allow-no-room", "--dry-run").exits(0).says(`hub`).says(`proxy`)
	p.run(t, "nodes", "reclaim", "--yes").exits(0)
	p.lostOnly(t, before, p.namespace, nil)
}

// A cluster without nodes for users has no room, and says so.
func TestNoUserNodes(t *testing.T) {
	t.Parallel()
	p := placeIn(t, ownGameDay(t, `title: No nodes for users
namespace: member
nodes: [{pool: core, count: 1, labels: {hub.jupyter.org/node-purpose: core}, taints: [{key: hub.jupyter.org/dedicated, value: core, effect: NoSchedule}], allocatable: {cpu: "4", memory: 16Gi, pods: 110}, age: 2d}]
`), "member")
	p.run(t, "nodes", "list").exits(0).prints(`no nodes for users|0 nodes for users|no room|room for no more`)
	p.run(t, "nodes", "find-unhealthy").exits(0).printsNothing()
	p.run(t, "nodes", "reclaim", "--yes").exits(0)
	p.run(t, "pods", "crashloops").exits(0)
}

// Each command works with the role that binderctl prints for it. Without the
// right to see events there is less evidence, which is said once.
func TestRightsOnNodes(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, drainable)
	before := p.everything(t)
	may := func(user, command string, without string) string {
		t.Helper()
		roles := p.run(t, append([]string{"rbac"}, strings.Fields(command)...)...).exits(0).stdout
		return p.allow(t, user, withoutRule(roles, without))
	}
	works := map[string][]string{
		may("lister", "nodes list", ""):                    {"nodes", "list"},
		may("finder", "nodes find-unhealthy", ""):          {"nodes", "find-unhealthy"},
		may("loops", "pods crashloops", ""):                {"pods", "crashloops"},
		may("cordoner", "nodes cordon", ""):                {"nodes", "cordon", p.node(1), "--yes"},
		may("uncordoner", "nodes uncordon", ""):            {"nodes", "uncordon", p.node(1), "--yes"},
		may("reclaimer", "nodes reclaim", ""):              {"nodes", "reclaim", "--dry-run"},
		may("dry", "nodes drain", ""):                      {"nodes", "drain", p.node(0), "--dry-run"},
		may("eventless", "nodes find-unhealthy", "events"): {"nodes", "find-unhealthy"},
		may("deaf", "pods crashloops", "events"):           {"pods", "crashloops"},
	}
	for user, command := range works {
		eventually(t, user+" may do what the role allows", func() bool {
			code := p.run(t, append(command, user)...).code
			return code == 0 || code == 3
		})
		r := p.run(t, append(command, user)...)
		less := strings.HasSuffix(user, "eventless") || strings.HasSuffix(user, "deaf")
		if warned := strings.Count(r.stderr, "warning: "); less && (warned != 1 || !strings.Contains(r.stderr, "events")) || !less && strings.Contains(r.stderr, "you may not") {
			r.failf("the missing events are told %d times", warned)
		}
	}
	p.lostOnly(t, before, p.namespace, nil)

	drainer := may("drainer", "nodes drain", "")
	moving := p.on(t, p.node(0), "service")
	eventually(t, "the rights are in force", func() bool { return p.run(t, "nodes", "drain", p.node(0), "--dry-run=server", drainer).code == 0 })
	p.run(t, "nodes", "drain", p.node(0), "--yes", drainer).exits(0)
	p.lostOnly(t, before, p.namespace, moving)

	lister := "--as=" + p.namespace + "-lister"
	p.run(t, "nodes", "cordon", p.node(1), "--yes", lister).exits(1).says(`you may not patch nodes`).says(`binderctl rbac`)
	p.run(t, "nodes", "drain", p.node(1), "--yes", lister).exits(1).says(`you may not`).says(`binderctl rbac`)
}

// withoutRule leaves the rule about a resource out of roles; "" leaves none out.
func withoutRule(roles, resource string) string {
	if resource == "" {
		return roles
	}
	lines := strings.SplitAfter(roles, "\n")
	kept := lines[:0:0]
	for i := 0; i < len(lines); i++ {
		if i+1 < len(lines) && strings.Contains(lines[i], "- apiGroups:") && strings.Contains(lines[i+1], "resources: ["+resource+"]") {
			i += 2 // and its verbs
			continue
		}
		kept = append(kept, lines[i])
	}
	return strings.Join(kept, "")
}

// A diagnosis reads each list once, however much it looks for.
func TestOnePass(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, drainable)
	for _, command := range [][]string{{"nodes", "find-unhealthy"}, {"pods", "crashloops"}, {"nodes", "list"}} {
		f := newProxy(t, p.gameDay)
		if r := f.through(t, p).run(t, command...); r.code != 0 && r.code != 3 {
			r.failf("it failed")
		}
		asked := map[string]int{}
		for _, call := range f.of("") {
			asked[call.path]++
		}
		if asked["/api/v1/pods"] == 0 || asked["/api/v1/nodes"] == 0 {
			t.Errorf("%v asked for %v: neither pods nor nodes?", command, asked)
		}
		for path, times := range asked {
			if times > 1 {
				t.Errorf("%v asked %d times for %s", command, times, path)
			}
		}
	}
}
