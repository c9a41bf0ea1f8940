package world

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// built makes the world of a scenario with two nodes of pool n and a node dead-0.
func built(t *testing.T, text string) map[string]Object {
	t.Helper()
	const head = `
title: T
namespace: n
nodes:
  - {pool: n, count: 2, allocatable: {cpu: "4", memory: 8Gi, pods: 110}, age: 2d}
  - {pool: dead, count: 1, allocatable: {cpu: "4", memory: 8Gi, pods: 110}, age: 2d, notReadyFor: 1h}
`
	described, err := scenario.Decode(t.Name(), []byte(head+text))
	if err != nil {
		t.Fatal(err)
	}
	world, err := Build(described, now)
	if err != nil {
		t.Fatal(err)
	}
	world.ServeKubelets(1234)
	objects := map[string]Object{}
	for object := range world.Aged() {
		objects[object.GetName()] = object
	}
	return objects
}

func podOf(t *testing.T, objects map[string]Object, name string) *corev1.Pod {
	t.Helper()
	pod, ok := objects[name].(*corev1.Pod)
	if !ok {
		t.Fatalf("there is no pod %s among %d objects", name, len(objects))
	}
	return pod
}

func TestPodsAreWhereTheScenarioWantsThemAndAilThere(t *testing.T) {
	objects := built(t, `
workloads:
  - kind: Deployment
    name: web
    hash: 7b4fdbdcc8
    replicas: 4
    labels: {app: web}
    age: 1d
    where: [{pool: dead, pods: 3, names: [aaaaa, bbbbb, ccccc]}, {pool: n, names: [ddddd]}]
    containers:
      - name: c
        image: i
        sick:
          - {pool: dead, pods: 1, restarts: 9, waiting: CrashLoopBackOff}
          - {pool: dead, restarts: 4, notReady: true}
`)
	for name, want := range map[string]struct {
		restarts int32
		waiting  bool
		ready    bool
	}{"aaaaa": {9, true, false}, "bbbbb": {4, false, false}, "ccccc": {4, false, false}, "ddddd": {0, false, true}} {
		pod := podOf(t, objects, "web-7b4fdbdcc8-"+name)
		status := pod.Status.ContainerStatuses[0]
		if status.RestartCount != want.restarts || status.Ready != want.ready || (status.State.Waiting != nil) != want.waiting {
			t.Errorf("%s is %+v, want %+v", name, status, want)
		}
		if onDead := pod.Spec.NodeName == "dead-0"; onDead == want.ready {
			t.Errorf("%s is on %s", name, pod.Spec.NodeName)
		}
	}
}

func TestPodsThatDrainsStumbleOver(t *testing.T) {
	objects := built(t, `
workloads:
  - {kind: Pod, name: by-hand, labels: {app: by-hand}, age: 3h, emptyDir: true, annotations: {cluster-autoscaler.kubernetes.io/safe-to-evict: "false"}, endsIn: 30s, containers: [{name: c, image: i}]}
  - {kind: StaticPod, name: kube-proxy, namespace: kube-system, labels: {component: kube-proxy}, age: 3d, containers: [{name: c, image: i}]}
`)
	bare := podOf(t, objects, "by-hand")
	if len(bare.OwnerReferences) != 0 || len(bare.Spec.Volumes) != 1 || bare.Spec.Volumes[0].EmptyDir == nil {
		t.Errorf("the pod made by hand has owners %v and volumes %v", bare.OwnerReferences, bare.Spec.Volumes)
	}
	if bare.Annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"] != "false" || bare.Annotations["gameday.binderctl/ends-in"] != "30s" {
		t.Errorf("the pod made by hand is annotated with %v", bare.Annotations)
	}
	for _, node := range []string{"n-0", "n-1", "dead-0"} {
		mirror := podOf(t, objects, "kube-proxy-"+node)
		if _, is := mirror.Annotations[corev1.MirrorPodAnnotationKey]; !is || mirror.OwnerReferences[0].Kind != "Node" || mirror.Spec.NodeName != node {
			t.Errorf("%s is not the mirror of a static pod: %+v", mirror.Name, mirror.ObjectMeta)
		}
	}
}

func TestAFailingInitContainerHoldsUpItsPod(t *testing.T) {
	objects := built(t, `
workloads:
  - kind: StatefulSet
    name: db
    labels: {app: db}
    age: 1h
    containers:
      - {name: c, image: i}
      - {name: log, image: i, role: sidecar}
      - {name: migrate, image: i, role: init, sick: [{restarts: 7, waiting: CrashLoopBackOff}]}
      - {name: after, image: i, role: init}
`)
	pod := podOf(t, objects, "db-0")
	var states []string
	for _, status := range append(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses...) {
		state := "runs"
		if status.State.Waiting != nil {
			state = status.State.Waiting.Reason
		}
		states = append(states, status.Name+" "+state)
	}
	if got, want := strings.Join(states, ", "), "log runs, migrate CrashLoopBackOff, after PodInitializing, c PodInitializing"; got != want || pod.Status.Phase != corev1.PodPending {
		t.Errorf("%s: %s, want Pending: %s", pod.Status.Phase, got, want)
	}
}

// The deployment controller finds a template that no ReplicaSet has.
func TestARollingUpdateIsAboutToBegin(t *testing.T) {
	objects := built(t, `
workloads:
  - {kind: Deployment, name: web, hash: aaaa, labels: {app: web}, age: 1d, startsIn: 20s, containers: [{name: c, image: old, newImage: new}]}
`)
	deployment, _ := objects["web"].(*appsv1.Deployment)
	set, _ := objects["web-aaaa"].(*appsv1.ReplicaSet)
	if deployment == nil || set == nil {
		t.Fatal("there is no Deployment, or no ReplicaSet")
	}
	if deployment.Spec.Template.Spec.Containers[0].Image != "new" || set.Spec.Template.Spec.Containers[0].Image != "old" {
		t.Error("the update is over, or is none")
	}
	if deployment.Generation == deployment.Status.ObservedGeneration {
		t.Error("the controller has seen it already")
	}
}

func TestKubeletsOfLivingNodesAnswer(t *testing.T) {
	objects := built(t, "")
	for name, want := range map[string]int32{"n-0": 1234, "n-1": 1234, "dead-0": 0} {
		node, ok := objects[name].(*corev1.Node)
		if !ok || node.Status.DaemonEndpoints.KubeletEndpoint.Port != want {
			t.Errorf("%s's kubelet is not on port %d: %v", name, want, node)
		}
	}
}
