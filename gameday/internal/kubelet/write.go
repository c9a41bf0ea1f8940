package kubelet

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
)

// set writes the status of a pod.
func (k *Kubelet) set(ctx context.Context, pod *corev1.Pod, situation binderhub.Situation) error {
	situation.Started = k.now()
	if pod.Status.StartTime != nil {
		situation.Started = pod.Status.StartTime.Time
	}
	status := binderhub.Status(pod, situation)
	status.QOSClass = "" // the API server's own, for ever
	if situation.Phase == corev1.PodRunning {
		status.ContainerStatuses[0].State.Running.StartedAt = metav1.NewTime(k.now())
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": pod.UID}, // none of its name is meant
		"status":   status,
	})
	if err != nil {
		return fmt.Errorf("write the status of %s: %w", pod.Name, err)
	}
	_, err = k.client.CoreV1().Pods(k.namespace).Patch(ctx, pod.Name, types.MergePatchType, patch, metav1.PatchOptions{}, "status")
	if err != nil {
		return fmt.Errorf("write the status of %s: %w", pod.Name, err)
	}
	return nil
}

// Finish ends the container of a pod.
func (k *Kubelet) Finish(ctx context.Context, pod *corev1.Pod, exitCode int32) error {
	phase, reason := corev1.PodSucceeded, "Completed"
	if exitCode != 0 {
		phase, reason = corev1.PodFailed, "Error"
	}
	return k.set(ctx, pod, binderhub.Situation{
		Phase: phase, IP: pod.Status.PodIP, Containers: []binderhub.Fate{{Terminated: k.died(reason, exitCode)}},
	})
}

func (k *Kubelet) died(reason string, exitCode int32) *corev1.ContainerStateTerminated {
	now := metav1.NewTime(k.now())
	return &corev1.ContainerStateTerminated{Reason: reason, ExitCode: exitCode, StartedAt: now, FinishedAt: now}
}

// report has an event say what happened to a pod.
func (k *Kubelet) report(pod *corev1.Pod, kind, reason, message string) {
	now := metav1.NewTime(k.now())
	event := &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("%s.%x", pod.Name, k.reports.Add(1)+uint64(now.UnixNano())), Namespace: pod.Namespace},
		InvolvedObject: corev1.ObjectReference{
			Kind: "Pod", APIVersion: "v1", Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID,
			FieldPath: fmt.Sprintf("spec.containers{%s}", pod.Spec.Containers[0].Name),
		},
		Reason: reason, Message: message, Type: kind, Count: 1, FirstTimestamp: now, LastTimestamp: now,
		Source: corev1.EventSource{Component: "kubelet", Host: pod.Spec.NodeName}, ReportingController: "kubelet", ReportingInstance: pod.Spec.NodeName,
	}
	ctx, cancel := context.WithTimeout(k.ctx, reportDeadline)
	defer cancel()
	_, _ = k.client.CoreV1().Events(pod.Namespace).Create(ctx, event, metav1.CreateOptions{}) // kubelets report as well as they can
}

// reportDeadline is how long a kubelet waits for an event to be taken.
const reportDeadline = 5 * time.Second

// address is a pod's, on loopback, where neither KWOK nor the scenario gives out
// any.
func address(uid types.UID) string {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(uid)) // it never fails
	h := sum.Sum32()
	return fmt.Sprintf("127.%d.%d.%d", 128+h>>16&63, h>>8&255, max(1, h&255))
}
