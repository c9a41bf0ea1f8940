package realhub

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// describe puts into a hub pod's status that its container runs, how often it
// was started again, and whether it is ready.
func (h *Hub) describe(pod *corev1.Pod, ready bool, restarts int32) {
	now := metav1.Now()
	pod.Status.Phase = corev1.PodRunning
	if pod.Status.StartTime == nil {
		pod.Status.StartTime = &now
	}
	setCondition(pod, corev1.PodInitialized, true, now)
	setCondition(pod, corev1.PodReady, ready, now)
	setCondition(pod, corev1.ContainersReady, ready, now)
	started := true
	before := pod.Status.ContainerStatuses
	pod.Status.ContainerStatuses = nil
	for i, container := range pod.Spec.Containers {
		status := corev1.ContainerStatus{
			Name: container.Name, Image: container.Image, Ready: ready, Started: &started, RestartCount: restarts,
			State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}},
		}
		if i < len(before) && before[i].RestartCount == restarts && before[i].State.Running != nil {
			status.State = before[i].State
			status.LastTerminationState = before[i].LastTerminationState
		} else if restarts > 0 {
			status.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{
				ExitCode: 1, Reason: "Error", FinishedAt: now,
			}
		}
		pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, status)
	}
}

func isReady(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

func setCondition(pod *corev1.Pod, kind corev1.PodConditionType, holds bool, now metav1.Time) {
	status := corev1.ConditionFalse
	if holds {
		status = corev1.ConditionTrue
	}
	for i := range pod.Status.Conditions {
		if c := &pod.Status.Conditions[i]; c.Type == kind {
			if c.Status != status {
				c.Status, c.LastTransitionTime = status, now
			}
			return
		}
	}
	pod.Status.Conditions = append(pod.Status.Conditions, corev1.PodCondition{Type: kind, Status: status, LastTransitionTime: now})
}
