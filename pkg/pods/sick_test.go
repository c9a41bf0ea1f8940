package pods

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// town is a cluster that is being made up for a test: fifteen nodes of two pools
// and two zones, with a DaemonSet and users on each.
type town struct {
	pods  []*corev1.Pod
	nodes places
}

const townNodes = 15

func nth(i int) string { return fmt.Sprintf("node-%02d", i) }

func newTown(usersPerNode int) *town {
	t := &town{nodes: places{}}
	for i := range townNodes {
		at := place{zone: "zone-a", pool: "users"}
		if i%2 == 1 {
			at.zone = "zone-b"
		}
		if i < 3 {
			at.pool = "core"
		}
		t.nodes[nth(i)] = at
		t.add(service("kube-system", "DaemonSet/fluentd", fmt.Sprintf("fluentd-%02d", i), nth(i)))
		t.add(service("kube-system", "DaemonSet/proxy", fmt.Sprintf("kube-proxy-%02d", i), nth(i)))
		for u := range usersPerNode {
			name := fmt.Sprintf("jupyter-%02d-%02d", i, u)
			repo := fmt.Sprintf("https://github.com/owner/repo-%d", (i+u)%10)
			pod := clustertest.UserPod(name, repo, time.Duration(10+7*u)*time.Minute)
			pod.Spec.NodeName, pod.UID, pod.Spec.Containers[0].Image = nth(i), types.UID(name), repo
			t.add(pod)
		}
	}
	return t
}

func (t *town) add(pods ...*corev1.Pod) *town {
	t.pods = append(t.pods, pods...)
	return t
}

// on lets something happen to the pods whose names are given.
func (t *town) on(happen func(*corev1.Pod), names ...string) *town {
	for _, pod := range t.pods {
		for _, name := range names {
			if pod.Name == name {
				happen(pod)
			}
		}
	}
	return t
}

func (t *town) diagnose() Diagnosis {
	s := &survey{now: clustertest.Now()}
	s.begin()
	gate := admission{now: s.now, since: s.now.Add(-2 * time.Hour)}
	for _, pod := range t.pods {
		if p, wanted := gate.admit(pod); wanted {
			s.keep(p)
		}
	}
	return s.diagnose(&beside{nodes: t.nodes})
}

// service is a pod of one container that runs, ten days old. owner is a kind and
// a name.
func service(namespace, owner, name, on string) *corev1.Pod {
	kind, maker, _ := strings.Cut(owner, "/")
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: name, UID: types.UID(name),
			CreationTimestamp: metav1.NewTime(clustertest.Now().Add(-240 * time.Hour)),
			OwnerReferences:   []metav1.OwnerReference{{Kind: kind, Name: maker, Controller: new(true)}},
		},
		Spec: corev1.PodSpec{NodeName: on, Containers: []corev1.Container{{Name: "main", Image: maker + ":1"}}},
		Status: corev1.PodStatus{
			Phase:             corev1.PodRunning,
			ContainerStatuses: []corev1.ContainerStatus{{Name: "main", Ready: true, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}},
		},
	}
}

// crashing puts a pod's container into a loop.
func crashing(pod *corev1.Pod) {
	status := &pod.Status.ContainerStatuses[0]
	status.Ready, status.RestartCount = false, 13
	status.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}
	status.LastTerminationState = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
		Reason: "OOMKilled", ExitCode: 137, FinishedAt: metav1.NewTime(clustertest.Now().Add(-time.Minute)),
	}}
}

// failing lets a user's pod fail so long ago.
func failing(ago time.Duration) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		pod.Status.Phase = corev1.PodFailed
		pod.Status.ContainerStatuses[0].State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
			Reason: "Error", ExitCode: 1, FinishedAt: metav1.NewTime(clustertest.Now().Add(-ago)),
		}}
	}
}

// recovering lets a pod's container run again after one death.
func recovering(pod *corev1.Pod) {
	crashing(pod)
	status := &pod.Status.ContainerStatuses[0]
	status.Ready, status.RestartCount, status.State = true, 1, corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
}
