package cluster

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// binderPort is the one on which BinderHub listens (its default).
const binderPort = 8585

// BinderPort is the port on which the BinderHub of a pod listens.
func BinderPort(pod *corev1.Pod) int {
	for i := range pod.Spec.Containers {
		if ports := pod.Spec.Containers[i].Ports; len(ports) > 0 {
			return int(ports[0].ContainerPort)
		}
	}
	return binderPort
}

// PodReady reports whether a pod says that it is ready.
func PodReady(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}
