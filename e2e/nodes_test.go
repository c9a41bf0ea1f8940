package e2e

import (
	"context"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

// afterTheFlood is a cluster that has grown for users who have left: two nodes
// are old and have most of those who remain, three were added. On these is also
// what an autoscaler leaves where it is. The nodes for the Hub, of the control
// plane and with graphics cards are none that users can be on.
const afterTheFlood = `title: After the flood
namespace: member
seed: 20180709
nodes:
- {pool: core, count: 1, labels: {hub.jupyter.org/node-purpose: core}, taints: [{key: hub.jupyter.org/dedicated, value: core, effect: NoSchedule}], allocatable: {cpu: "4", memory: 16Gi, pods: 110}, age: 9d}
- {pool: master, count: 1, taints: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}], allocatable: {cpu: "4", memory: 16Gi, pods: 110}, age: 9d}
- {pool: graphics, count: 1, taints: [{key: nvidia.com/gpu, value: present, effect: NoSchedule}], allocatable: {cpu: "8", memory: 50Gi, pods: 110}, age: 9d}
- {pool: user, count: 2, labels: {hub.jupyter.org/node-purpose: user}, allocatable: {cpu: "8", memory: 50Gi, pods: 110}, age: 9d}
- {pool: added, count: 3, labels: {hub.jupyter.org/node-purpose: user, cloud.google.com/gke-nodepool: user}, allocatable: {cpu: "8", memory: 50Gi, pods: 110}, age: 5h}
repos: [{url: https://github.com/ipython/ipython-in-depth}]
userPods:
- {count: 12, age: 3h-5h, pool: user}
- {count: 3, age: 40m-50m, pool: added}
workloads:
- {kind: Deployment, name: hub, labels: {app: jupyterhub, component: hub}, age: 3d, nodeSelector: {hub.jupyter.org/node-purpose: core}, tolerations: [{key: hub.jupyter.org/dedicated, value: core, effect: NoSchedule}], containers: [{name: hub, image: "jupyterhub/k8s-hub:4.2.0"}]}
- {kind: Deployment, name: precious, labels: {app: precious}, age: 4h, annotations: {cluster-autoscaler.kubernetes.io/safe-to-evict: "false"}, where: [{pool: added, pods: 1}], containers: [{name: c, image: "example/c:1"}]}
- {kind: Deployment, name: guarded, labels: {app: guarded}, age: 4h, where: [{pool: added, pods: 1}], containers: [{name: c, image: "example/c:1"}]}
manifests:
- {apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: never, namespace: member}, spec: {maxUnavailable: 0, selector: {matchLabels: {app: guarded}}}}
`

// barePods are pods that no drain takes without a flag.
const barePods = `- {kind: Pod, name: by-hand, labels: {app: by-hand}, age: 3h, where: [{pool: added, pods: 1}], containers: [{name: c, image: "example/c:1"}]}
- {kind: Deployment, name: scratch, labels: {app: scratch}, age: 4h, emptyDir: true, where: [{pool: added, pods: 1}], containers: [{name: c, image: "example/c:1"}]}
manifests:`

// closedNodes are the names of the nodes that are cordoned.
func (p *place) closedNodes(t *testing.T) []string {
	t.Helper()
	list, err := p.kube.CoreV1().Nodes().List(context.Background(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for i := range list.Items {
		if list.Items[i].Spec.Unschedulable {
			names = append(names, list.Items[i].Name)
		}
	}
	return names
}

// After a flood of users the nodes that were added for them go back, without
// anybody losing a session, and no others.
func TestReclaim(t *testing.T) {
	t.Parallel()
	p := placeIn(t, ownGameDay(t, afterTheFlood), "member")
	before, users := p.everything(t), p.users(t)
	guarded := p.on(t, p.nodeOf(t, "guarded"), "guarded")
	p.run(t, "nodes", "reclaim", "--keep", "2", "--dry-run").exits(0).
		prints(`^added-0 .* empty`).prints(`^user-0 .* keep .* kept`).says(`3 of 5 nodes for users`).says(`member/never`).says(`nothing was changed`)
	p.run(t, "nodes", "reclaim", "--keep", "2").exits(2).says(`--yes`)
	p.lostOnly(t, before, p.namespace, nil)
	sameSet(t, "cordoned by a look", p.closedNodes(t), nil)

	// The budget holds its pod back, by name; all else is done.
	added := []string{"added-0", "added-1", "added-2"}
	moving := p.on(t, p.nodeOf(t, "precious"), "precious")
	p.run(t, "nodes", "reclaim", "--keep", "2", "--timeout", "3s", "--yes").exits(1).
		prints(`keeps the autoscaler`).prints(`budget`).prints(guarded[0]).prints(`users who are still there`).says(`member/never`)
	sameSet(t, "cordoned", p.closedNodes(t), added)
	p.lostOnly(t, before, p.namespace, moving)

	// Once it has gone only those who are to finish remain, and they are named.
	if err := p.kube.PolicyV1().PodDisruptionBudgets(p.namespace).Delete(t.Context(), "never", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	before = p.everything(t)
	var report struct {
		Blockers []struct {
			What string   `json:"what"`
			Pods []string `json:"pods"`
		} `json:"autoscalerBlockers"`
	}
	p.run(t, "nodes", "reclaim", "--keep", "2", "--yes", "-o", "json").exits(0).decode(&report)
	named := []string{}
	for _, one := range report.Blockers {
		named = append(named, one.Pods...)
	}
	remain := []string{}
	for _, node := range added {
		for _, name := range p.on(t, node, "") {
			remain = append(remain, p.namespace+"/"+name)
		}
	}
	sameSet(t, "what keeps the autoscaler", named, remain)
	sameSet(t, "users", p.users(t), users)
	sameSet(t, "cordoned", p.closedNodes(t), added)
	p.lostOnly(t, before, p.namespace, guarded)
}

// What nothing would make again, or has files of its own, stays, and is named
// among what keeps the autoscaler.
func TestReclaimLeavesWhatCannotMove(t *testing.T) {
	t.Parallel()
	p := placeIn(t, ownGameDay(t, replaceFirst(t, afterTheFlood, "manifests:", barePods)), "member")
	before := p.everything(t)
	moving := p.on(t, p.nodeOf(t, "precious"), "precious")
	p.run(t, "nodes", "reclaim", "--keep", "2", "--dry-run").exits(0)
	p.run(t, "nodes", "reclaim", "--keep", "2", "--timeout", "3s", "--yes").exits(1). // a budget holds one back
												prints(`by-hand`).prints(`scratch`).prints(`budget`)
	p.lostOnly(t, before, p.namespace, moving)
}

// nodeOf is the node of the one pod of which a label app has this value.
func (p *place) nodeOf(t *testing.T, app string) string {
	t.Helper()
	all := p.all(t)
	at := slices.IndexFunc(all, func(pod corev1.Pod) bool { return pod.Labels["app"] == app })
	if at < 0 {
		t.Fatalf("there is no pod of %s", app)
	}
	return all[at].Spec.NodeName
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
