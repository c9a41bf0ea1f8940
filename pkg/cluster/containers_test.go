package cluster_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

func TestLooping(t *testing.T) {
	t.Parallel()
	died := func(ago time.Duration, code int, final bool) *cluster.Death {
		return &cluster.Death{ExitCode: code, Ended: clustertest.Now().Add(-ago), Final: final}
	}
	for _, test := range []struct {
		name      string
		container cluster.Container
		want      bool
	}{
		{"it runs", cluster.Container{}, false},
		{"its image is being pulled", cluster.Container{Waiting: "ContainerCreating"}, false},
		{"it waits for the init containers", cluster.Container{Waiting: "PodInitializing"}, false},
		{"the kubelet backs off", cluster.Container{Waiting: "CrashLoopBackOff", Restarts: 1, Death: died(time.Hour, 1, false)}, true},
		{"its image is not there", cluster.Container{Waiting: "ImagePullBackOff"}, true},
		{"its secret is not there", cluster.Container{Waiting: "CreateContainerConfigError"}, true},
		{"it runs between two crashes", cluster.Container{Restarts: 3, Death: died(time.Minute, 137, false)}, true},
		{"it is about to be started again", cluster.Container{Restarts: 3, Death: died(0, 1, true)}, true},
		{"it ends well, again and again", cluster.Container{Restarts: 3, Death: died(time.Minute, 0, false)}, true},
		{"it has done its work at the fourth try", cluster.Container{Restarts: 3, Death: died(time.Minute, 0, true)}, false},
		{"it crashed twice", cluster.Container{Restarts: 2, Death: died(time.Minute, 1, false)}, false},
		{"it crashed often, long ago", cluster.Container{Restarts: 40, Death: died(10*time.Minute, 1, false)}, false},
		{"it crashed often, and nobody knows how", cluster.Container{Restarts: 40}, false},
		{"it waits for the others after its crashes", cluster.Container{Waiting: "PodInitializing", Restarts: 5, Death: died(time.Minute, 1, false)}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := test.container.Looping(clustertest.Now()); got != test.want {
				t.Errorf("looping is %v, want %v", got, test.want)
			}
		})
	}
}

func TestContainers(t *testing.T) {
	t.Parallel()
	always := corev1.ContainerRestartPolicyAlways
	ended := clustertest.Now().Add(-time.Minute)
	died := &corev1.ContainerStateTerminated{Reason: "OOMKilled", ExitCode: 137, FinishedAt: metav1.NewTime(ended)}
	pod := &corev1.Pod{
		Spec: corev1.PodSpec{
			InitContainers: []corev1.Container{{Name: "setup", Image: "setup:1"}, {Name: "mesh", Image: "mesh:2", RestartPolicy: &always}},
			Containers:     []corev1.Container{{Name: "chp", Image: "chp:3"}},
		},
		Status: corev1.PodStatus{
			InitContainerStatuses: []corev1.ContainerStatus{
				{Name: "setup", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed"}}},
				{Name: "mesh", Ready: true, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}},
			},
			ContainerStatuses: []corev1.ContainerStatus{{
				Name: "chp", RestartCount: 13, LastTerminationState: corev1.ContainerState{Terminated: died},
				State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "back-off 5m0s"}},
			}},
		},
	}
	want := []cluster.Container{
		{Name: "setup", Role: cluster.Init, Image: "setup:1", Death: &cluster.Death{Reason: "Completed", Final: true}},
		{Name: "mesh", Role: cluster.Sidecar, Image: "mesh:2", Ready: true, Running: true},
		{
			Name: "chp", Role: cluster.Main, Image: "chp:3", Restarts: 13, Waiting: "CrashLoopBackOff", Message: "back-off 5m0s",
			Death: &cluster.Death{Reason: "OOMKilled", ExitCode: 137, Ended: ended},
		},
	}
	if diff := cmp.Diff(want, cluster.Containers(pod)); diff != "" {
		t.Errorf("containers (-want +got):\n%s", diff)
	}
	if got := cluster.Containers(&corev1.Pod{Spec: pod.Spec}); len(got) != 0 {
		t.Errorf("containers before the kubelet has reported: %v", got)
	}
}

func TestSignalName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		death *cluster.Death
		want  string
	}{
		{nil, ""},
		{&cluster.Death{ExitCode: 1}, ""},
		{&cluster.Death{ExitCode: 128}, ""},
		{&cluster.Death{ExitCode: 137}, "SIGKILL"},
		{&cluster.Death{ExitCode: 139}, "SIGSEGV"},
		{&cluster.Death{ExitCode: 143}, "SIGTERM"},
		{&cluster.Death{ExitCode: 255}, ""}, // what exit(-1) comes to
		{&cluster.Death{Signal: 6, ExitCode: 1}, "SIGABRT"},
	} {
		if got := test.death.SignalName(); got != test.want {
			t.Errorf("signal of %+v is %q, want %q", test.death, got, test.want)
		}
	}
}
