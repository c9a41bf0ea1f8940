package kubelet

import (
	"context"

	corev1 "k8s.io/api/core/v1"
)

// Await waits until a pod is as it is wanted; nil stands for one that is not
// there.
func (k *Kubelet) Await(ctx context.Context, name string, wanted func(*corev1.Pod) bool) error {
	for {
		k.mu.Lock()
		changed := k.changed
		k.mu.Unlock()
		if wanted(k.Pod(name)) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Pod is a pod by its name; nil if there is none.
func (k *Kubelet) Pod(name string) *corev1.Pod {
	object, there, err := k.store.GetByKey(k.namespace + "/" + name)
	if pod, ok := object.(*corev1.Pod); ok && there && err == nil {
		return pod
	}
	return nil
}

// UserPod is a user's pod; nil if there is none.
func (k *Kubelet) UserPod(user string) *corev1.Pod {
	found, err := k.store.ByIndex(byUser, user)
	if err != nil || len(found) == 0 {
		return nil
	}
	pod, _ := found[0].(*corev1.Pod)
	return pod
}

// Pods are all that there are with a label "component".
func (k *Kubelet) Pods(component string) []*corev1.Pod {
	var found []*corev1.Pod
	for _, object := range k.store.List() {
		if pod, ok := object.(*corev1.Pod); ok && pod.Labels["component"] == component {
			found = append(found, pod)
		}
	}
	return found
}

// Runs says whether a pod's container runs.
func Runs(pod *corev1.Pod) bool {
	if pod == nil || pod.DeletionTimestamp != nil || pod.Status.Phase != corev1.PodRunning {
		return false
	}
	for _, status := range pod.Status.ContainerStatuses {
		if status.State.Running == nil {
			return false
		}
	}
	return true
}
