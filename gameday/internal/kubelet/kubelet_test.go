package kubelet

import (
	"context"
	"net"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
	"github.com/binderctl/binderctl/gameday/internal/record"
)

// placed is a user's pod that KWOK has taken on.
func placed(name string) *corev1.Pod {
	now := metav1.Now()
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: "ns", UID: "uid-" + "1", Labels: map[string]string{"component": UserPods},
			Annotations: map[string]string{binderhub.StartsIn: binderhub.Held, "hub.jupyter.org/username": "u"},
		},
		Spec:   corev1.PodSpec{NodeName: "node-0", Containers: []corev1.Container{{Name: "notebook", Image: "i:1"}}},
		Status: corev1.PodStatus{Phase: corev1.PodPending, StartTime: &now},
	}
}

// nodes plays the nodes of a cluster with a pod, with a fault while that holds.
func nodes(t *testing.T, fault string, holds *atomic.Bool) (*Kubelet, kubernetes.Interface, *record.Book) {
	t.Helper()
	book, err := record.Open(filepath.Join(t.TempDir(), "launches.ndjson"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	client := fake.NewClientset(placed("jupyter-u"))
	has := func(name string) bool { return holds.Load() && name == fault }
	times := Times{Pull: time.Millisecond, SlowPull: time.Hour, Start: time.Millisecond}
	k, err := Start(t.Context(), client, "ns", times, has, book, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return k, client, book
}

// reasons are those of the events about a pod, in order.
func reasons(t *testing.T, client kubernetes.Interface) []string {
	t.Helper()
	list, err := client.CoreV1().Events("ns").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, event := range list.Items {
		all = append(all, event.Reason)
	}
	return all
}

func await(t *testing.T, k *Kubelet, wanted func(*corev1.Pod) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := k.Await(ctx, "jupyter-u", wanted); err != nil {
		t.Fatalf("it never came: %v; the pod is %+v", err, k.Pod("jupyter-u"))
	}
}

func TestAPodIsPulledAndStarted(t *testing.T) {
	t.Parallel()
	k, _, book := nodes(t, "", new(atomic.Bool))
	await(t, k, Runs)
	pod := k.UserPod("u")
	if pod == nil || pod.Status.PodIP == "" {
		t.Fatalf("the pod has no address: %+v", pod)
	}
	if err := k.Finish(t.Context(), pod, 0); err != nil {
		t.Fatal(err)
	}
	await(t, k, func(pod *corev1.Pod) bool { return pod.Status.Phase == corev1.PodSucceeded })
	var stages []string
	for _, span := range book.Spans() {
		stages = append(stages, span.Stage)
	}
	if want := []string{record.Schedule, record.Pull, record.Start}; !slices.Equal(stages, want) {
		t.Errorf("on record are %q, want %q", stages, want)
	}
}

func TestWhatIsWrongWithANodeIsSeenInThePod(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault  string
		seen   func(*corev1.Pod) bool
		events []string
	}{
		{PullFails, func(pod *corev1.Pod) bool { return waiting(pod) == "ImagePullBackOff" }, []string{"Pulling", "Failed", "BackOff"}},
		{ContainerCrashes, func(pod *corev1.Pod) bool { return pod.Status.Phase == corev1.PodFailed }, []string{"Pulled", "Created", "Started"}},
	} {
		t.Run(test.fault, func(t *testing.T) {
			t.Parallel()
			holds := new(atomic.Bool)
			holds.Store(true)
			k, client, _ := nodes(t, test.fault, holds)
			await(t, k, test.seen)
			for _, ip := range k.Pod("jupyter-u").Status.PodIPs {
				if net.ParseIP(ip.IP) == nil {
					t.Errorf("the API server would refuse the address %q", ip.IP)
				}
			}
			got := reasons(t, client)
			for _, want := range test.events {
				if !slices.Contains(got, want) {
					t.Errorf("no event says %s: %q", want, got)
				}
			}
		})
	}
}

func waiting(pod *corev1.Pod) string {
	if len(pod.Status.ContainerStatuses) == 0 || pod.Status.ContainerStatuses[0].State.Waiting == nil {
		return ""
	}
	return pod.Status.ContainerStatuses[0].State.Waiting.Reason
}
