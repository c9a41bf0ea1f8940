package kubelet

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
	"github.com/binderctl/binderctl/gameday/internal/pause"
	"github.com/binderctl/binderctl/gameday/internal/record"
)

// run starts the container of a pod, unless the pod goes first.
func (k *Kubelet) run(ctx context.Context, pod *corev1.Pod) {
	defer func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.busy, pod.UID)
	}()
	user, container := User(pod), pod.Spec.Containers[0]
	if err := k.pull(ctx, pod, user, container.Image); err != nil {
		return
	}
	k.begin(user, record.Start)
	k.report(pod, corev1.EventTypeNormal, "Created", "Created container: "+container.Name)
	if !pause.For(ctx, k.times.Start) {
		k.end(user, record.Start, "the pod was deleted")
		return
	}
	// A kubelet reports first, and then writes the status.
	k.report(pod, corev1.EventTypeNormal, "Started", "Started container "+container.Name)
	situation, failed := k.started(pod, user)
	if err := k.set(ctx, pod, situation); err != nil {
		failed = err.Error()
	}
	k.end(user, record.Start, failed)
	if failed == "" {
		k.begin(user, record.Route)
	}
}

// started is what becomes of a pod whose container has been started, and what is
// wrong with that.
func (k *Kubelet) started(pod *corev1.Pod, user string) (situation binderhub.Situation, failed string) {
	situation = binderhub.Situation{Phase: corev1.PodRunning, IP: address(pod.UID)}
	if user != "" && k.has(ContainerCrashes) {
		situation.Phase, situation.Containers = corev1.PodFailed, []binderhub.Fate{{Terminated: k.died("Error", 1)}}
		failed = "the container ended with 1"
	}
	return situation, failed
}

// pull gets the image of a pod onto its node, unless it is there.
func (k *Kubelet) pull(ctx context.Context, pod *corev1.Pod, user, image string) error {
	on := pod.Spec.NodeName + " " + image
	k.mu.Lock()
	there := k.images[on]
	k.mu.Unlock()
	troubled := user != "" && (k.has(PullFails) || k.has(PullSlow))
	if user == "" || there && !troubled {
		k.report(pod, corev1.EventTypeNormal, "Pulled", fmt.Sprintf("Container image %q already present on machine", image))
		return nil
	}
	k.begin(user, record.Pull)
	began := k.now()
	for attempt := 1; k.has(PullFails); attempt++ {
		if err := k.pullFails(ctx, pod, image, attempt); err != nil {
			k.end(user, record.Pull, "the image is not there")
			return err
		}
	}
	k.report(pod, corev1.EventTypeNormal, "Pulling", fmt.Sprintf("Pulling image %q", image))
	took := k.times.Pull
	if k.has(PullSlow) {
		took = k.times.SlowPull
	}
	if !pause.For(ctx, took) {
		k.end(user, record.Pull, "the pod was deleted")
		return ctx.Err()
	}
	spent := k.now().Sub(began).Round(time.Millisecond)
	k.mu.Lock()
	k.images[on] = true
	k.mu.Unlock()
	k.end(user, record.Pull, "")
	k.report(pod, corev1.EventTypeNormal, "Pulled",
		fmt.Sprintf("Successfully pulled image %q in %s (%s including waiting). Image size: 812345678 bytes.", image, spent, spent))
	return nil
}

// How long a kubelet waits between attempts to pull: its default, doubled each
// time.
const (
	firstBackOff   = 10 * time.Second
	longestBackOff = 5 * time.Minute
	errorSeen      = 500 * time.Millisecond // until ErrImagePull becomes ImagePullBackOff
)

// pullFails is one attempt that fails, and the time until the next.
func (k *Kubelet) pullFails(ctx context.Context, pod *corev1.Pod, image string, attempt int) error {
	k.report(pod, corev1.EventTypeNormal, "Pulling", fmt.Sprintf("Pulling image %q", image))
	why := fmt.Sprintf("failed to pull and unpack image %q: failed to resolve reference %[1]q: unexpected status from HEAD request: 503 Service Unavailable", image)
	waiting := func(reason, message string) binderhub.Situation {
		return binderhub.Situation{Phase: corev1.PodPending, Containers: []binderhub.Fate{{Waiting: reason, Message: message}}}
	}
	k.report(pod, corev1.EventTypeWarning, "Failed", fmt.Sprintf("Failed to pull image %q: %s", image, why))
	k.report(pod, corev1.EventTypeWarning, "Failed", "Error: ErrImagePull")
	if err := k.set(ctx, pod, waiting("ErrImagePull", why)); err != nil {
		return err
	}
	if !pause.For(ctx, errorSeen) {
		return ctx.Err()
	}
	k.report(pod, corev1.EventTypeNormal, "BackOff", fmt.Sprintf("Back-off pulling image %q", image))
	k.report(pod, corev1.EventTypeWarning, "Failed", "Error: ImagePullBackOff")
	if err := k.set(ctx, pod, waiting("ImagePullBackOff", fmt.Sprintf("Back-off pulling image %q: ErrImagePull: %s", image, why))); err != nil {
		return err
	}
	if !pause.For(ctx, min(firstBackOff<<min(attempt-1, 8), longestBackOff)) {
		return ctx.Err()
	}
	return nil
}

func (k *Kubelet) begin(user, stage string) {
	if user != "" {
		k.book.BeginOf(user, stage)
	}
}

func (k *Kubelet) end(user, stage, failed string) {
	if user != "" {
		k.book.EndOf(user, stage, failed)
	}
}
