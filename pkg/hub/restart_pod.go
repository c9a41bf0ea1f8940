package hub

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// podIsReady reports whether the old pod has been replaced by one that is ready.
// An API server that does not answer at the moment is only another reason to
// wait. If it has not heard that the old pod is to go, it is told again.
func (r *restart) podIsReady(ctx context.Context) (bool, error) {
	c := r.client
	pods, err := Pods(ctx, c)
	if err != nil {
		return r.notYet(err)
	}
	r.last = "no other pod was made"
	for i := range pods {
		pod := &pods[i]
		if pod.UID == r.plan.UID && !leaves(pod) && r.unsure {
			return r.notYet(c.DeletePod(ctx, pod.Namespace, pod.Name, pod.UID, cluster.DeleteOptions{}))
		}
		if pod.UID == r.plan.UID || leaves(pod) || hasEnded(pod) || !r.plan.follows(pod) {
			continue
		}
		r.result.New = pod.Name
		if cluster.PodReady(pod) {
			return true, nil
		}
		r.last = "pod " + pod.Name + " is not ready: " + whyNot(pod)
	}
	return false, nil
}

// follows reports whether a pod is of the same making as that of the plan.
func (p *RestartPlan) follows(pod *corev1.Pod) bool {
	return pod.Labels[appLabel] == p.app && cluster.OwnerOf(pod) == p.Owner
}

// whyNot says what a pod that is not ready waits for.
func whyNot(pod *corev1.Pod) string {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status != corev1.ConditionTrue {
			return "no node takes it: " + condition.Message
		}
	}
	for _, status := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		if waits := status.State.Waiting; waits != nil && waits.Reason != "" {
			return "container " + status.Name + ": " + waits.Reason
		}
	}
	return "it is " + string(pod.Status.Phase)
}
