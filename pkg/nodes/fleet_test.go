package nodes_test

import (
	"fmt"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

const (
	minute = time.Minute
	hour   = time.Hour
)

// fleet is a cluster in the making. Times are told as how long ago.
type fleet struct {
	nodes  []*corev1.Node
	pods   []*corev1.Pod
	others []runtime.Object
}

func before(age time.Duration) metav1.Time { return metav1.NewTime(clustertest.Now().Add(-age)) }

// client is a client of the cluster.
func (f *fleet) client(tb testing.TB) *cluster.Client {
	tb.Helper()
	kube := fake.NewClientset()
	objects := f.others
	for _, node := range f.nodes {
		objects = append(objects, node)
	}
	for _, pod := range f.pods {
		objects = append(objects, pod)
	}
	for _, object := range objects {
		if err := kube.Tracker().Add(object); err != nil {
			tb.Fatal(err)
		}
	}
	return &cluster.Client{Kube: kube, Now: clustertest.Now, Where: cluster.Location{Context: "prod"}}
}

// withNodes is a cluster of nodes node-0 to node-(n-1), two days old, each with
// room for 40 user pods of the usual size, by memory.
func withNodes(n int) *fleet {
	f := &fleet{}
	for i := range n {
		f.node(fmt.Sprintf("node-%d", i), 48*time.Hour)
	}
	return f
}

func (f *fleet) node(name string, age time.Duration, changes ...func(*corev1.Node)) {
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, CreationTimestamp: before(age),
			Labels: map[string]string{"hub.jupyter.org/node-purpose": "user", "cloud.google.com/gke-nodepool": "users"},
		},
		Status: corev1.NodeStatus{
			Allocatable: corev1.ResourceList{
				corev1.ResourceCPU: resource.MustParse("4"), corev1.ResourceMemory: resource.MustParse("18000Mi"),
				corev1.ResourcePods: resource.MustParse("110"),
			},
			Conditions: []corev1.NodeCondition{
				{Type: corev1.NodeReady, Status: corev1.ConditionTrue, LastTransitionTime: before(age)},
				{Type: corev1.NodeMemoryPressure, Status: corev1.ConditionFalse},
				{Type: "KernelDeadlock", Status: corev1.ConditionFalse},
				{Type: "EtcdIsVoter", Status: corev1.ConditionTrue}, // of k3s, and as it should be
			},
		},
	}
	for _, change := range changes {
		change(node)
	}
	f.nodes = append(f.nodes, node)
	f.lease(name, 5*time.Second)
}

func (f *fleet) lease(name string, age time.Duration) {
	renewed := metav1.NewMicroTime(clustertest.Now().Add(-age))
	for i, other := range f.others {
		if lease, ok := other.(*coordinationv1.Lease); ok && lease.Name == name {
			f.others = append(f.others[:i], f.others[i+1:]...)
			break
		}
	}
	f.others = append(f.others, &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: corev1.NamespaceNodeLease, Name: name},
		Spec:       coordinationv1.LeaseSpec{RenewTime: &renewed},
	})
}

// condition sets a condition of a node.
func condition(kind corev1.NodeConditionType, status corev1.ConditionStatus, age time.Duration) func(*corev1.Node) {
	return func(node *corev1.Node) {
		for i := range node.Status.Conditions {
			if c := &node.Status.Conditions[i]; c.Type == kind {
				c.Status, c.LastTransitionTime = status, before(age)
				return
			}
		}
		node.Status.Conditions = append(node.Status.Conditions, corev1.NodeCondition{
			Type: kind, Status: status, LastTransitionTime: before(age),
		})
	}
}

func cordon(node *corev1.Node) {
	node.Spec.Unschedulable = true
	added := before(3 * time.Hour)
	node.Spec.Taints = append(node.Spec.Taints, corev1.Taint{
		Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule, TimeAdded: &added,
	})
}

// user adds a user's running server.
func (f *fleet) user(node string, age time.Duration, changes ...func(*corev1.Pod)) {
	pod := clustertest.UserPod(fmt.Sprintf("jupyter-user-%d", len(f.pods)), "https://github.com/minrk/ligo-binder", age)
	f.add(pod, node, age, changes)
}

// users adds several of them.
func (f *fleet) users(n int, node string, age time.Duration, changes ...func(*corev1.Pod)) {
	for range n {
		f.user(node, age, changes...)
	}
}

// variously makes users' servers run different repositories.
func (f *fleet) variously() func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		pod.Spec.Containers[0].Image = fmt.Sprintf("registry.example.org/repo-%d:1", len(f.pods))
	}
}

// service adds a pod of a Deployment or another owner of pods.
func (f *fleet) service(owner, name, node string, age time.Duration, changes ...func(*corev1.Pod)) *corev1.Pod {
	pod := clustertest.UserPod(name, "", age)
	pod.Namespace, pod.Labels, pod.Annotations = "kube-system", map[string]string{"app": owner}, nil
	pod.OwnerReferences = []metav1.OwnerReference{{Kind: "DaemonSet", Name: owner, UID: types.UID(owner), Controller: new(true)}}
	pod.Spec.Containers[0].Name, pod.Status.ContainerStatuses[0].Name = "main", "main"
	return f.add(pod, node, age, changes)
}

// everywhere adds a pod of the same DaemonSet on each node.
func (f *fleet) everywhere(owner string) {
	for i, node := range f.nodes {
		f.service(owner, fmt.Sprintf("%s-%d", owner, i), node.Name, 24*time.Hour)
	}
}

func (f *fleet) add(pod *corev1.Pod, node string, age time.Duration, changes []func(*corev1.Pod)) *corev1.Pod {
	pod.Spec.NodeName = node
	pod.Status.Conditions = []corev1.PodCondition{
		{Type: corev1.PodScheduled, Status: corev1.ConditionTrue, LastTransitionTime: before(age)},
		{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: before(age - time.Second)},
	}
	for _, change := range changes {
		change(pod)
	}
	f.pods = append(f.pods, pod)
	return pod
}

func notReady(pod *corev1.Pod) {
	pod.Status.Conditions[1].Status = corev1.ConditionFalse
	pod.Status.ContainerStatuses[0].Ready = false
}

// looping makes a pod's container crash again and again.
func looping(pod *corev1.Pod) {
	notReady(pod)
	status := &pod.Status.ContainerStatuses[0]
	status.RestartCount = 31
	status.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}
	status.LastTerminationState = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
		Reason: "Error", ExitCode: 255, FinishedAt: before(2 * time.Minute),
	}}
}

// waiting makes a pod wait.
func waiting(reason string) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		notReady(pod)
		pod.Status.Phase = corev1.PodPending
		pod.Status.ContainerStatuses[0].State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}
	}
}

// initContainer gives a pod an init container in some state.
func initContainer(state corev1.ContainerState) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		pod.Spec.InitContainers = []corev1.Container{{Name: "migrate"}}
		pod.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "migrate", State: state}}
	}
}

// died makes a pod's container have died and been started again.
func died(reason string, ago time.Duration) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		status := &pod.Status.ContainerStatuses[0]
		status.RestartCount++
		status.LastTerminationState = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
			Reason: reason, ExitCode: 137, FinishedAt: before(ago),
		}}
	}
}

// failed makes a pod have ended in failure.
func failed(reason string, ago time.Duration) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		notReady(pod)
		pod.Status.Phase = corev1.PodFailed
		pod.Status.ContainerStatuses[0].State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
			Reason: reason, ExitCode: 1, FinishedAt: before(ago),
		}}
	}
}

func terminating(since time.Duration, finalizers ...string) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		due := before(since)
		pod.DeletionTimestamp, pod.Finalizers = &due, finalizers
	}
}

// unplaced makes a pod wait for a node.
func unplaced(pod *corev1.Pod) {
	pod.Status.Phase = corev1.PodPending
	pod.Status.ContainerStatuses = nil
	pod.Status.Conditions = []corev1.PodCondition{
		{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable},
	}
}

func (f *fleet) event(kind, namespace, name, host, reason, message string, ago time.Duration) *corev1.Event {
	event := &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("event-%d", len(f.others))},
		InvolvedObject: corev1.ObjectReference{Kind: kind, Namespace: namespace, Name: name},
		Type:           corev1.EventTypeWarning, Reason: reason, Message: message, Count: 1,
		LastTimestamp: before(ago), Source: corev1.EventSource{Component: "kubelet", Host: host},
	}
	f.others = append(f.others, event)
	return event
}

func (f *fleet) nodeEvent(node, reason, message string, ago time.Duration) *corev1.Event {
	return f.event("Node", "", node, node, reason, message, ago)
}

func (f *fleet) podEvent(pod *corev1.Pod, reason string, ago time.Duration) {
	event := f.event("Pod", pod.Namespace, pod.Name, pod.Spec.NodeName, reason, "it went wrong", ago)
	event.InvolvedObject.UID = pod.UID
}
