package e2e

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// strangePods are pods as no manual has them. LONG stands for a name as long as
// a name may be.
const strangePods = `
userPods:
- {count: 4, age: 5h-9h}
- {count: 2, age: 5h, noStartTime: true}
workloads:
# A Deployment whose pods look like users' servers.
- kind: Deployment
  name: looks-like-users
  replicas: 2
  labels: {app: jupyterhub, component: singleuser-server}
  age: 9h
  containers: [{name: notebook, image: "x:1", requests: {cpu: 10m, memory: 10Mi}}]
- kind: Deployment
  name: hub
  labels: {app: jupyterhub, component: hub}
  age: 9h
  containers: [{name: hub, image: "x:1", requests: {cpu: 10m, memory: 10Mi}}]
rawObjects:
- apiVersion: v1
  kind: Pod
  metadata: {name: LONG, namespace: NAMESPACE, creationTimestamp: "CREATED", labels: {app: jupyterhub, component: singleuser-server}, annotations: {hub.jupyter.org/username: long}}
  spec: {nodeName: NAMESPACE-0, containers: [{name: notebook, image: "x:1", env: [{name: JUPYTERHUB_API_TOKEN, value: gdsecret-long}]}]}
  status: {phase: Running}
- apiVersion: v1
  kind: Pod
  metadata: {name: jupyter-escapes, namespace: NAMESPACE, creationTimestamp: "CREATED", labels: {app: jupyterhub, component: singleuser-server}, annotations: {hub.jupyter.org/username: "\e[2Jmallory\r\nerror: \e]0;title\a all is lost\x7f"}}
  spec: {nodeName: NAMESPACE-0, containers: [{name: notebook, image: "x:1\e[31m"}]}
  status: {phase: Running, reason: "\e[5mBlink"}
- apiVersion: v1
  kind: Pod
  metadata: {name: no-labels, namespace: NAMESPACE, creationTimestamp: "CREATED"}
  spec: {nodeName: NAMESPACE-0, containers: [{name: x, image: "x:1"}]}
  status: {phase: Running}
- apiVersion: v1
  kind: Pod
  metadata: {name: no-user, namespace: NAMESPACE, creationTimestamp: "CREATED", labels: {app: jupyterhub, component: singleuser-server}}
  spec: {nodeName: NAMESPACE-0, containers: [{name: notebook, image: "x:1"}]}
  status: {phase: Running}
- apiVersion: v1
  kind: Pod
  metadata: {name: no-app, namespace: NAMESPACE, creationTimestamp: "CREATED", labels: {component: singleuser-server}, annotations: {hub.jupyter.org/username: x}}
  spec: {nodeName: NAMESPACE-0, containers: [{name: notebook, image: "x:1"}]}
  status: {phase: Running}
- apiVersion: v1
  kind: Pod
  metadata: {name: other-app, namespace: NAMESPACE, creationTimestamp: "CREATED", labels: {app: other, component: singleuser-server}, annotations: {hub.jupyter.org/username: x}}
  spec: {nodeName: NAMESPACE-0, containers: [{name: notebook, image: "x:1"}]}
  status: {phase: Running}
- apiVersion: v1
  kind: Pod
  metadata: {name: jupyter-elsewhere, namespace: default, creationTimestamp: "CREATED", labels: {app: jupyterhub, component: singleuser-server}, annotations: {hub.jupyter.org/username: x}}
  spec: {nodeName: NAMESPACE-0, containers: [{name: notebook, image: "x:1"}]}
  status: {phase: Running}
`

// However odd a pod is: what is certainly a user's server goes, whatever else
// stays and is named, and nothing gets onto the screen that would not be text.
func TestStrangePods(t *testing.T) {
	t.Parallel()
	long := "jupyter-" + strings.Repeat("x", 253-len("jupyter-"))
	created := time.Now().Add(-7 * time.Hour).UTC().Format(time.RFC3339)
	p := sharedPlace(t, strings.NewReplacer("LONG", long, "CREATED", created).Replace(strangePods))
	before := p.everything(t)
	// The controller of a ReplicaSet that it sees before its pods makes more of
	// them, and then takes them away again.
	aged := due(p.all(t), time.Now(), func(_ *corev1.Pod, age time.Duration) bool { return age > time.Hour })
	maps.DeleteFunc(before, func(o object, _ bool) bool {
		return o.resource == "pods" && o.namespace == p.namespace && !slices.Contains(aged, o.name)
	})
	users := p.pods(t, func(pod *corev1.Pod) bool {
		return isUser(pod) && pod.Labels["app"] == "jupyterhub" && pod.Annotations["hub.jupyter.org/username"] != ""
	})
	if len(users) != 8 {
		t.Fatalf("%d pods are certainly users', want 8", len(users))
	}
	everyWayToLook(t, p)
	p.run(t, "pods", "list", "-A", "--node", p.namespace+"-0").exits(0).prints(`^default +jupyter-elsewhere`)
	p.run(t, "pods", "list", "--kind", "all").exits(0).prints(`^no-labels +other`)

	var plan planDoc
	p.run(t, "pods", "cull", "--older-than", "4h", "--dry-run", "-o", "json").exits(0).decode(&plan)
	sameSet(t, "pods of the plan", plan.names(), users)
	p.run(t, "pods", "cull", "--older-than", "4h", "--dry-run").exits(0).
		says(`^spared: \d+ .*controlled by ReplicaSet looks-like-users-\w+ \(looks-like-users-.*, looks-like-users-`).
		says(`^spared: 1 .*no annotation hub.jupyter.org/username \(no-user\)`).
		says(`^spared: 2 .*no label app=jupyterhub \(no-app, other-app\)`)
	p.run(t, "pods", "cull", "--older-than", "4h", "--plan", "plan.json").exits(0)

	// Also when they are asked for by name.
	for _, name := range []string{"no-labels", "no-user", "no-app", "other-app", "hub-*", "looks-like-users-*"} {
		p.run(t, "pods", "cull", "--name", name, "--force", "--yes").exits(0).says(`nothing to delete`)
	}
	p.run(t, "pods", "cull", "--older-than", "4h", "--yes", "-o", "wide").exits(0).prints(`^pods: 8 deleted`)
	p.lostOnly(t, before, p.namespace, users)
}

// everyWayToLook looks at everything in every format. That nothing secret and
// no control character is shown is checked for every call there is.
func everyWayToLook(t *testing.T, p *place) {
	t.Helper()
	formats := []string{"table", "wide", "json", "yaml", "csv", "name", "jsonpath={.items}"}
	looks := [][]string{
		{"pods", "list", "--kind", "all"},
		{"pods", "list", "-A", "--kind", "all", "--node", p.namespace + "-0"},
		{"pods", "list", "--group-by", "repo"},
		{"pods", "list", "--group-by", "image"},
		{"pods", "cull", "--older-than", "4h", "--dry-run"},
		{"pods", "cull", "--older-than", "4h", "--dry-run=server"},
	}
	for _, format := range formats {
		for _, look := range looks {
			if strings.HasPrefix(format, "jsonpath") && slices.Contains(look, "cull") {
				format = "jsonpath={}"
			}
			p.run(t, append([]string{"-o", format}, look...)...).exits(0)
		}
	}
	w := watchPods(t, p, "--kind", "all")
	w.until(t, "all is shown", func(d podDoc) bool { return d.Name == "jupyter-escapes" })
	w.stop(t)
}
