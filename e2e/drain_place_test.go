package e2e

import (
	"context"
	"fmt"
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
