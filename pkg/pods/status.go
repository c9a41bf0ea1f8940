package pods

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// status is what a person wants to know of a pod's containers.
type status struct {
	text         string
	ready, total int
	restarts     int
}

// Words for states that Kubernetes has no reason string for.
const (
	terminating      = "Terminating"
	completed        = "Completed"
	nodeLost         = "NodeLost" // status.reason of a pod whose node went away
	notReady         = "NotReady"
	podInitializing  = "PodInitializing"
	schedulingGated  = corev1.PodReasonSchedulingGated
	restartableInit  = corev1.ContainerRestartPolicyAlways
	unknownPodStatus = "Unknown"
)

// statusOf says the state of a pod in the one word that `kubectl get pods`
// shows, which tells more than the phase: the trouble of the container that
// holds it up.
func statusOf(pod *corev1.Pod) status {
	s := status{text: string(pod.Status.Phase), total: len(pod.Spec.Containers)}
	if pod.Status.Reason != "" {
		s.text = pod.Status.Reason
	}
	if slices.ContainsFunc(pod.Status.Conditions, gated) {
		s.text = schedulingGated
	}
	initializing, sidecarRestarts := s.initContainers(pod)
	if !initializing || isTrue(pod, corev1.PodInitialized) {
		s.restarts = sidecarRestarts // what the others went through is over
		s.containers(pod)
	}
	if pod.DeletionTimestamp != nil {
		s.deleting(pod)
	}
	return s
}

// gated reports whether a condition says that the pod waits for leave to be
// scheduled.
func gated(c corev1.PodCondition) bool {
	return c.Type == corev1.PodScheduled && c.Reason == schedulingGated
}

// initContainers reads the containers that run before the pod's own, and
// reports whether they are still at it and how often those of them restarted
// that go on beside the pod's own.
func (s *status) initContainers(pod *corev1.Pod) (initializing bool, sidecarRestarts int) {
	sidecars := map[string]bool{}
	for i := range pod.Spec.InitContainers {
		policy := pod.Spec.InitContainers[i].RestartPolicy
		if policy != nil && *policy == restartableInit {
			sidecars[pod.Spec.InitContainers[i].Name] = true
			s.total++
		}
	}
	for i := range pod.Status.InitContainerStatuses {
		container := &pod.Status.InitContainerStatuses[i]
		s.restarts += int(container.RestartCount)
		if sidecars[container.Name] {
			sidecarRestarts += int(container.RestartCount)
		}
		if done := container.State.Terminated; done != nil && done.ExitCode == 0 {
			continue
		}
		if sidecars[container.Name] && container.Started != nil && *container.Started {
			if container.Ready {
				s.ready++
			}
			continue
		}
		s.text = "Init:" + initTrouble(container, i, len(pod.Spec.InitContainers))
		return true, sidecarRestarts
	}
	return false, sidecarRestarts
}

func initTrouble(container *corev1.ContainerStatus, i, n int) string {
	switch state := container.State; {
	case state.Terminated != nil:
		return ending(state.Terminated)
	case state.Waiting != nil && state.Waiting.Reason != "" && state.Waiting.Reason != podInitializing:
		return state.Waiting.Reason
	default:
		return fmt.Sprintf("%d/%d", i, n)
	}
}

// containers reads the pod's own containers; the first in trouble gives the
// pod its word.
func (s *status) containers(pod *corev1.Pod) {
	running, failure := false, ""
	for i := len(pod.Status.ContainerStatuses) - 1; i >= 0; i-- {
		container := &pod.Status.ContainerStatuses[i]
		s.restarts += int(container.RestartCount)
		switch state := container.State; {
		case state.Waiting != nil && state.Waiting.Reason != "":
			s.text = state.Waiting.Reason
		case state.Terminated != nil:
			s.text = ending(state.Terminated)
			if state.Terminated.ExitCode != 0 {
				failure = s.text
			}
		case container.Ready && state.Running != nil:
			running = true
			s.ready++
		}
	}
	if s.text != completed { // else the others are asked
		return
	}
	switch {
	case running && isTrue(pod, corev1.PodReady):
		s.text = string(corev1.PodRunning)
	case failure != "":
		s.text = failure
	case running:
		s.text = notReady
	}
}

func (s *status) deleting(pod *corev1.Pod) {
	switch {
	case pod.Status.Reason == nodeLost:
		s.text = unknownPodStatus
	case pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed:
		s.text = terminating
	}
}

// ending is the reason a container ended, or how it ended where no reason is
// given.
func ending(t *corev1.ContainerStateTerminated) string {
	switch {
	case t.Reason != "":
		return t.Reason
	case t.Signal != 0:
		return fmt.Sprintf("Signal:%d", t.Signal)
	default:
		return fmt.Sprintf("ExitCode:%d", t.ExitCode)
	}
}

// isTrue reports whether a pod has a condition.
func isTrue(pod *corev1.Pod, kind corev1.PodConditionType) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == kind && c.Status == corev1.ConditionTrue
	})
}
