package pods

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The parts of hand-made pods.

func waiting(reason string) corev1.ContainerState {
	return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}
}

func running() corev1.ContainerState {
	return corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
}

func ended(reason string, code, signal int32) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: reason, ExitCode: code, Signal: signal}}
}

func container(name string, state corev1.ContainerState, ready bool, restarts int32) corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: name, State: state, Ready: ready, Started: &ready, RestartCount: restarts}
}

type podOption func(pod *corev1.Pod)

func statusPod(phase corev1.PodPhase, options ...podOption) *corev1.Pod {
	pod := &corev1.Pod{Status: corev1.PodStatus{Phase: phase}}
	for _, option := range options {
		option(pod)
	}
	return pod
}

func containers(statuses ...corev1.ContainerStatus) podOption {
	return func(pod *corev1.Pod) {
		for _, status := range statuses {
			pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: status.Name})
		}
		pod.Status.ContainerStatuses = statuses
	}
}

func inits(statuses ...corev1.ContainerStatus) podOption {
	return func(pod *corev1.Pod) {
		for _, status := range statuses {
			pod.Spec.InitContainers = append(pod.Spec.InitContainers, corev1.Container{Name: status.Name})
		}
		pod.Status.InitContainerStatuses = statuses
	}
}

// sidecar makes the first init container one that goes on beside the others.
func sidecar(pod *corev1.Pod) {
	pod.Spec.InitContainers[0].RestartPolicy = new(corev1.ContainerRestartPolicyAlways)
}

func has(kind corev1.PodConditionType, status corev1.ConditionStatus, reason string) podOption {
	return func(pod *corev1.Pod) {
		pod.Status.Conditions = append(pod.Status.Conditions, corev1.PodCondition{Type: kind, Status: status, Reason: reason})
	}
}

func reason(text string) podOption { return func(pod *corev1.Pod) { pod.Status.Reason = text } }

func deleted(pod *corev1.Pod) {
	pod.DeletionTimestamp = new(metav1.NewTime(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)))
}

// unreported is a container of which no node has told anything yet.
func unreported(names ...string) podOption {
	return func(pod *corev1.Pod) {
		for _, name := range names {
			pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: name})
		}
	}
}

// What is expected here is what printPod of Kubernetes 1.36 makes of the pods.
func TestStatusIsWhatKubectlShows(t *testing.T) {
	t.Parallel()
	var (
		well  = container("notebook", running(), true, 0)
		other = container("other", running(), true, 0)
	)
	for name, tc := range map[string]struct {
		pod          *corev1.Pod
		want         string
		ready, total int
		restarts     int
	}{
		"waits for a node":         {statusPod(corev1.PodPending, unreported("notebook")), "Pending", 0, 1, 0},
		"may not be scheduled yet": {statusPod(corev1.PodPending, unreported("notebook"), has(corev1.PodScheduled, corev1.ConditionFalse, "SchedulingGated")), "SchedulingGated", 0, 1, 0},
		"finds no node":            {statusPod(corev1.PodPending, unreported("notebook"), has(corev1.PodScheduled, corev1.ConditionFalse, "Unschedulable")), "Pending", 0, 1, 0},
		"is being made":            {statusPod(corev1.PodPending, containers(container("notebook", waiting("ContainerCreating"), false, 0))), "ContainerCreating", 0, 1, 0},
		"waits for no reason":      {statusPod(corev1.PodPending, containers(container("notebook", waiting(""), false, 0))), "Pending", 0, 1, 0},
		"has no image":             {statusPod(corev1.PodPending, containers(container("notebook", waiting("ImagePullBackOff"), false, 0))), "ImagePullBackOff", 0, 1, 0},
		"runs":                     {statusPod(corev1.PodRunning, containers(well)), "Running", 1, 1, 0},
		"runs and is not ready":    {statusPod(corev1.PodRunning, containers(container("notebook", running(), false, 2))), "Running", 0, 1, 2},
		"runs, nothing told":       {statusPod(corev1.PodRunning, unreported("notebook")), "Running", 0, 1, 0},
		"crashes":                  {statusPod(corev1.PodRunning, containers(container("notebook", waiting("CrashLoopBackOff"), false, 7))), "CrashLoopBackOff", 0, 1, 7},
		"crashes beside another":   {statusPod(corev1.PodRunning, containers(container("notebook", waiting("CrashLoopBackOff"), false, 7), other)), "CrashLoopBackOff", 1, 2, 7},
		"the first trouble counts": {statusPod(corev1.PodRunning, containers(container("notebook", ended("OOMKilled", 137, 0), false, 1), container("other", waiting("CrashLoopBackOff"), false, 3))), "OOMKilled", 0, 2, 4},

		"succeeded":                {statusPod(corev1.PodSucceeded, containers(container("notebook", ended("Completed", 0, 0), false, 0))), "Completed", 0, 1, 0},
		"failed":                   {statusPod(corev1.PodFailed, containers(container("notebook", ended("Error", 1, 0), false, 0))), "Error", 0, 1, 0},
		"had too little memory":    {statusPod(corev1.PodFailed, containers(container("notebook", ended("OOMKilled", 137, 0), false, 0))), "OOMKilled", 0, 1, 0},
		"was killed":               {statusPod(corev1.PodFailed, containers(container("notebook", ended("", 137, 9), false, 0))), "Signal:9", 0, 1, 0},
		"ended for no reason":      {statusPod(corev1.PodFailed, containers(container("notebook", ended("", 3, 0), false, 0))), "ExitCode:3", 0, 1, 0},
		"ended well for no reason": {statusPod(corev1.PodSucceeded, containers(container("notebook", ended("", 0, 0), false, 0))), "ExitCode:0", 0, 1, 0},
		"was evicted":              {statusPod(corev1.PodFailed, unreported("notebook"), reason("Evicted")), "Evicted", 0, 1, 0},
		"was evicted and ended":    {statusPod(corev1.PodFailed, reason("Evicted"), containers(container("notebook", ended("Error", 137, 0), false, 0))), "Error", 0, 1, 0},

		"a part is done, the rest is ready":     {statusPod(corev1.PodRunning, containers(container("notebook", ended("Completed", 0, 0), false, 0), other), has(corev1.PodReady, corev1.ConditionTrue, "")), "Running", 1, 2, 0},
		"a part is done, the rest is not ready": {statusPod(corev1.PodRunning, containers(container("notebook", ended("Completed", 0, 0), false, 0), other), has(corev1.PodReady, corev1.ConditionFalse, "ContainersNotReady")), "NotReady", 1, 2, 0},
		"a part is done, the rest failed":       {statusPod(corev1.PodFailed, containers(container("notebook", ended("Completed", 0, 0), false, 0), container("other", ended("Error", 1, 0), false, 0))), "Error", 0, 2, 0},
		"done, failed and running":              {statusPod(corev1.PodRunning, containers(container("a", ended("Completed", 0, 0), false, 0), container("b", ended("OOMKilled", 137, 0), false, 0), other)), "OOMKilled", 1, 3, 0},

		"prepares":                         {statusPod(corev1.PodPending, inits(container("one", running(), false, 0), container("two", waiting("PodInitializing"), false, 0)), containers(container("notebook", waiting("PodInitializing"), false, 0))), "Init:0/2", 0, 1, 0},
		"prepares the second":              {statusPod(corev1.PodPending, inits(container("one", ended("Completed", 0, 0), true, 0), container("two", running(), false, 0)), containers(container("notebook", waiting("PodInitializing"), false, 0))), "Init:1/2", 0, 1, 0},
		"has prepared":                     {statusPod(corev1.PodPending, inits(container("one", ended("Completed", 0, 0), true, 0)), containers(container("notebook", waiting("PodInitializing"), false, 0))), "PodInitializing", 0, 1, 0},
		"cannot prepare":                   {statusPod(corev1.PodFailed, inits(container("one", ended("Error", 1, 0), false, 0)), containers(container("notebook", waiting("PodInitializing"), false, 0))), "Init:Error", 0, 1, 0},
		"cannot prepare, killed":           {statusPod(corev1.PodFailed, inits(container("one", ended("", 137, 9), false, 0)), unreported("notebook")), "Init:Signal:9", 0, 1, 0},
		"cannot prepare, says nothing":     {statusPod(corev1.PodFailed, inits(container("one", ended("", 3, 0), false, 0)), unreported("notebook")), "Init:ExitCode:3", 0, 1, 0},
		"crashes as it prepares":           {statusPod(corev1.PodPending, inits(container("one", waiting("CrashLoopBackOff"), false, 4)), containers(container("notebook", waiting("PodInitializing"), false, 0))), "Init:CrashLoopBackOff", 0, 1, 4},
		"prepared once, and does again":    {statusPod(corev1.PodRunning, inits(container("one", running(), false, 2)), containers(well), has(corev1.PodInitialized, corev1.ConditionTrue, "")), "Init:0/1", 1, 1, 0},
		"prepared with pains, runs well":   {statusPod(corev1.PodRunning, inits(container("one", ended("Completed", 0, 0), true, 5)), containers(container("notebook", running(), true, 1))), "Running", 1, 1, 1},
		"a sidecar, which starts":          {statusPod(corev1.PodPending, inits(container("side", waiting("PodInitializing"), false, 0)), sidecar, containers(container("notebook", waiting("PodInitializing"), false, 0))), "Init:0/1", 0, 2, 0},
		"a sidecar, which goes on":         {statusPod(corev1.PodRunning, inits(container("side", running(), true, 3)), sidecar, containers(container("notebook", running(), true, 1))), "Running", 2, 2, 4},
		"a sidecar that ended":             {statusPod(corev1.PodSucceeded, inits(container("side", ended("Completed", 0, 0), false, 0)), sidecar, containers(container("notebook", ended("Completed", 0, 0), false, 0))), "Completed", 0, 2, 0},
		"a sidecar beside a preparation":   {statusPod(corev1.PodPending, inits(container("side", running(), true, 1), container("one", running(), false, 2)), sidecar, containers(container("notebook", waiting("PodInitializing"), false, 0))), "Init:1/2", 1, 2, 3},
		"restarts of sidecars alone count": {statusPod(corev1.PodRunning, inits(container("side", running(), true, 1), container("one", ended("Completed", 0, 0), false, 2)), sidecar, containers(well)), "Running", 2, 2, 1},

		"ends":                        {statusPod(corev1.PodRunning, containers(well), deleted), "Terminating", 1, 1, 0},
		"ends before it began":        {statusPod(corev1.PodPending, unreported("notebook"), deleted), "Terminating", 0, 1, 0},
		"ended, the record remains":   {statusPod(corev1.PodSucceeded, containers(container("notebook", ended("Completed", 0, 0), false, 0)), deleted), "Completed", 0, 1, 0},
		"failed, the record remains":  {statusPod(corev1.PodFailed, containers(container("notebook", ended("Error", 1, 0), false, 0)), deleted), "Error", 0, 1, 0},
		"its node went away":          {statusPod(corev1.PodRunning, containers(well), reason("NodeLost"), deleted), "Unknown", 1, 1, 0},
		"its node went, not deleted":  {statusPod(corev1.PodRunning, unreported("notebook"), reason("NodeLost")), "NodeLost", 0, 1, 0},
		"nobody knows":                {statusPod(corev1.PodUnknown, unreported("notebook")), "Unknown", 0, 1, 0},
		"nothing at all":              {&corev1.Pod{}, "", 0, 0, 0},
		"two containers, nothing yet": {statusPod(corev1.PodPending, unreported("notebook", "other")), "Pending", 0, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := statusOf(tc.pod)
			if want := (status{tc.want, tc.ready, tc.total, tc.restarts}); got != want {
				t.Errorf("statusOf = %+v, want %+v", got, want)
			}
		})
	}
}
