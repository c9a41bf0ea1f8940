package launchtest_test

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
	"github.com/binderctl/binderctl/pkg/launchtest"
)

// launchedPod is a pod that has come for a launch, so long ago, and waits.
func launchedPod(name, user string, age time.Duration) *corev1.Pod {
	pod := clustertest.UserPod(name, "https://github.com/owner/name", age)
	pod.Annotations["hub.jupyter.org/username"] = user
	pod.Spec.NodeName = "node-1"
	pod.Status = corev1.PodStatus{Phase: corev1.PodPending}
	return pod
}

// podEvent is one of a pod, so long ago.
func podEvent(pod, reason, message string, age time.Duration) *corev1.Event {
	at := metav1.NewTime(clustertest.Now().Add(-age))
	return &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Name: pod + "." + reason, Namespace: clustertest.Namespace},
		InvolvedObject: corev1.ObjectReference{Kind: "Pod", Name: pod, Namespace: clustertest.Namespace},
		Reason:         reason, Message: message, Type: corev1.EventTypeNormal, FirstTimestamp: at, LastTimestamp: at, Count: 1,
		Source: corev1.EventSource{Host: "node-2"},
	}
}

// TestGather finds the pod of a launch that broke, and takes no other for it.
func TestGather(t *testing.T) {
	t.Parallel()
	const user = "owner-name-1"
	mine := launchedPod("jupyter-owner-name-1", user, time.Minute)
	elder := launchedPod("jupyter-elder", "elder", time.Hour)
	other := launchedPod("jupyter-other", "other", time.Minute)
	ready := launchedPod("jupyter-ready", "ready", time.Minute)
	ready.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	pulling := podEvent("jupyter-owner-name-1", "Pulling", `Pulling image "x"`, 30*time.Second)
	scheduled := podEvent("jupyter-owner-name-1", "Scheduled", "Successfully assigned prod/jupyter-owner-name-1 to node-1", 30*time.Second)
	old := podEvent("jupyter-owner-name-1", "Killing", "of a namesake", time.Hour)
	for name, test := range map[string]struct {
		user    string
		own     bool
		objects []runtime.Object
		pod     string
		node    string
		events  string
		missing string
	}{
		"by its user":              {user, false, []runtime.Object{mine, other, pulling, scheduled, old}, "jupyter-owner-name-1", "node-1", "Scheduled Pulling", ""},
		"it is gone":               {user, false, []runtime.Object{other, pulling}, "jupyter-owner-name-1", "node-2", "Pulling", ""},
		"by its repository":        {"", true, []runtime.Object{mine, elder, ready, pulling}, "jupyter-owner-name-1", "node-1", "Pulling", ""},
		"two of the repository":    {"", true, []runtime.Object{mine, other}, "", "", "", "several pods"},
		"somebody else's cluster":  {"", false, []runtime.Object{mine}, "", "", "", ""},
		"nobody's pod and no user": {"", true, []runtime.Object{elder}, "", "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			launch := launchtest.Launch{Repo: "gh/Owner/Name/HEAD", User: test.user, Began: clustertest.Now().Add(-2 * time.Minute)}
			got := launchtest.NewGatherer(clusterWith(test.objects...), test.own).Gather(t.Context(), launch)
			var events []string
			for _, event := range got.Events {
				events = append(events, event.Reason)
			}
			if got.Pod != test.pod || got.Node != test.node || strings.Join(events, " ") != test.events {
				t.Errorf("%+v", got)
			}
			if all := strings.Join(got.Missing, " "); (all == "") != (test.missing == "") || !strings.Contains(all, test.missing) {
				t.Errorf("missing: %q", all)
			}
		})
	}
}
