package hub

import (
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// part is a pod of JupyterHub's own that is ready.
func part(name string, labels map[string]string, old time.Duration) *corev1.Pod {
	pod := clustertest.UserPod(name, "", old)
	pod.Labels, pod.Annotations = labels, nil
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	return pod
}

func TestPodIsJupyterHubs(t *testing.T) {
	t.Parallel()
	ours := part("hub-1", map[string]string{"app": "jupyterhub", "component": "hub"}, time.Hour)
	other := part("selenium-hub", map[string]string{"app": "selenium", "component": "hub"}, time.Minute)
	client := clustertest.Start(t, ours, other).Client("binder")
	if pod, err := Pod(t.Context(), client); err != nil || pod.Name != "hub-1" {
		t.Errorf("the Hub is %v, %v", pod, err)
	}
	if pod, err := Pod(t.Context(), clustertest.Start(t, other).Client("binder")); err != nil || pod.Name != "selenium-hub" {
		t.Errorf("a Hub under another label is %v, %v", pod, err)
	}
}

// To learn something, a pod that only runs may be asked; to do something, none.
func TestPodThatIsNotReady(t *testing.T) {
	t.Parallel()
	starting, leaving := hubPod("starting", corev1.ConditionFalse), hubPod("leaving", corev1.ConditionFalse)
	starting.Status.Phase = corev1.PodPending
	leaving.DeletionTimestamp, leaving.Finalizers = new(metav1.Now()), []string{"x/y"}
	for name, tc := range map[string]struct {
		pods []*corev1.Pod
		want string
		fail error
	}{
		"one is ready":  {[]*corev1.Pod{hubPod("hub-1", corev1.ConditionFalse), hubPod("hub-2", corev1.ConditionTrue)}, "hub-2", nil},
		"it runs":       {[]*corev1.Pod{hubPod("hub-1", corev1.ConditionFalse), evicted("hub-0")}, "hub-1", nil},
		"it starts":     {[]*corev1.Pod{starting}, "", ErrUnreachable},
		"it leaves":     {[]*corev1.Pod{leaving}, "", ErrUnreachable},
		"it was thrown": {[]*corev1.Pod{evicted("hub-0")}, "", ErrUnreachable},
		"there is none": {nil, "", ErrNoHub},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := clustertest.Start(t, tc.pods...).Client(clustertest.Namespace)
			pod, err := runningPod(t.Context(), client)
			if !errors.Is(err, tc.fail) || err == nil && pod.Name != tc.want {
				t.Errorf("%v, %v; want %s, %v", pod, err, tc.want, tc.fail)
			}
			if ready, err := Pod(t.Context(), client); err == nil && ready.Name != "hub-2" {
				t.Errorf("%s counts as ready", ready.Name)
			}
		})
	}
}

// Whoever has judged by one Hub does not go on with another.
func TestPinnedPod(t *testing.T) {
	t.Parallel()
	labels := map[string]string{"app": "jupyterhub", "component": "hub"}
	first := part("hub-1", labels, time.Hour)
	server := clustertest.Start(t, first)
	client := server.Client("binder")
	now, err := Pod(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	find := stillPod(now.UID)
	if pod, err := find(t.Context(), client); err != nil || pod.UID != now.UID {
		t.Errorf("the same pod: %v, %v", pod, err)
	}
	server.Create(part("hub-2", labels, time.Minute))
	if _, err := find(t.Context(), client); !errors.Is(err, ErrUnreachable) {
		t.Errorf("another pod: %v", err)
	}
}

func TestProxyIsOfTheSameRelease(t *testing.T) {
	t.Parallel()
	in := func(release string) map[string]string {
		return map[string]string{"app": "jupyterhub", "component": "proxy", "release": release}
	}
	client := clustertest.Start(t, part("proxy-a", in("a"), time.Hour), part("proxy-b", in("b"), time.Minute)).Client("binder")
	hub := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"release": "a"}}}
	if pod, err := proxyOf(hub)(t.Context(), client); err != nil || pod.Name != "proxy-a" {
		t.Errorf("the proxy of a is %v, %v", pod, err)
	}
	if pod, err := proxyOf(nil)(t.Context(), client); err != nil || pod.Name != "proxy-b" {
		t.Errorf("without a Hub it is %v, %v", pod, err)
	}
}
