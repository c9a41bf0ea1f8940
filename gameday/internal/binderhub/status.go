package binderhub

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Situation is what a kubelet or the scheduler would report of a pod.
type Situation struct {
	Phase      corev1.PodPhase
	IP         string
	Started    time.Time
	Scheduling string // the scheduler's message, for a pod without node
	Init       []Fate // one for each init container; a missing one did well
	Containers []Fate // one each; a missing one runs well
}

// Fate is what became of a container.
type Fate struct {
	Restarts   int32
	Waiting    string
	Message    string
	NotReady   bool // it runs, and fails its readiness probe
	Terminated *corev1.ContainerStateTerminated
	LastDeath  *corev1.ContainerStateTerminated
}

// DefaultTolerations are those that admission adds to every pod.
func DefaultTolerations() []corev1.Toleration {
	return []corev1.Toleration{
		{Key: corev1.TaintNodeNotReady, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: new(int64(300))},
		{Key: corev1.TaintNodeUnreachable, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: new(int64(300))},
	}
}

// Status is the status of a pod in a situation.
func Status(pod *corev1.Pod, s Situation) corev1.PodStatus {
	created := pod.CreationTimestamp
	status := corev1.PodStatus{Phase: s.Phase, QOSClass: quality(pod)}
	if pod.Spec.NodeName == "" {
		status.Conditions = []corev1.PodCondition{{
			Type: corev1.PodScheduled, Status: corev1.ConditionFalse, LastTransitionTime: created,
			Reason: corev1.PodReasonUnschedulable, Message: s.Scheduling,
		}}
		return status
	}
	started := metav1.NewTime(s.Started)
	status.StartTime = &started
	status.HostIP, status.HostIPs = "127.0.0.1", []corev1.HostIP{{IP: "127.0.0.1"}}
	if s.Phase != corev1.PodPending && s.IP != "" { // an empty one in the list is none that the API server takes
		status.PodIP, status.PodIPs = s.IP, []corev1.PodIP{{IP: s.IP}}
	}
	initialized := setInitStatuses(&status, pod, s, started)
	healthy := s.Phase == corev1.PodRunning
	for i, container := range pod.Spec.Containers {
		fate := Fate{}
		if i < len(s.Containers) {
			fate = s.Containers[i]
		}
		if initialized != corev1.ConditionTrue {
			fate = Fate{Waiting: "PodInitializing"}
		}
		report := containerStatus(container, fate, started)
		healthy = healthy && report.Ready
		status.ContainerStatuses = append(status.ContainerStatuses, report)
	}
	ready, reason := corev1.ConditionTrue, ""
	if !healthy {
		ready, reason = corev1.ConditionFalse, "ContainersNotReady"
		if s.Phase == corev1.PodSucceeded {
			reason = "PodCompleted"
		}
	}
	status.Conditions = []corev1.PodCondition{
		{Type: corev1.PodScheduled, Status: corev1.ConditionTrue, LastTransitionTime: created},
		{Type: corev1.PodInitialized, Status: initialized, LastTransitionTime: started},
		{Type: corev1.ContainersReady, Status: ready, LastTransitionTime: started, Reason: reason},
		{Type: corev1.PodReady, Status: ready, LastTransitionTime: started, Reason: reason},
	}
	return status
}

// setInitStatuses reports the init containers, and whether they are done.
func setInitStatuses(status *corev1.PodStatus, pod *corev1.Pod, s Situation, started metav1.Time) corev1.ConditionStatus {
	initialized := corev1.ConditionTrue
	for i, container := range pod.Spec.InitContainers {
		fate := Fate{}
		if i < len(s.Init) {
			fate = s.Init[i]
		}
		switch {
		case initialized != corev1.ConditionTrue:
			fate = Fate{Waiting: "PodInitializing"}
		case fate.Waiting != "":
			initialized = corev1.ConditionFalse
		case container.RestartPolicy == nil:
			fate.Terminated = &corev1.ContainerStateTerminated{Reason: "Completed", StartedAt: started, FinishedAt: started}
		}
		report := containerStatus(container, fate, started)
		report.Ready = report.Ready || fate.Terminated != nil
		status.InitContainerStatuses = append(status.InitContainerStatuses, report)
	}
	return initialized
}

func containerStatus(container corev1.Container, fate Fate, started metav1.Time) corev1.ContainerStatus {
	running := fate.Waiting == "" && fate.Terminated == nil
	status := corev1.ContainerStatus{
		Name: container.Name, Image: container.Image, ImageID: container.Image + "@sha256:" + digest(container.Image, 64),
		Ready: running && !fate.NotReady, Started: &running, RestartCount: fate.Restarts,
		ContainerID: "containerd://" + digest(container.Image+started.String(), 64),
	}
	status.LastTerminationState.Terminated = fate.LastDeath
	switch {
	case fate.Waiting != "":
		status.State.Waiting = &corev1.ContainerStateWaiting{Reason: fate.Waiting, Message: fate.Message}
	case fate.Terminated != nil:
		status.State.Terminated = fate.Terminated
	default:
		since := started
		if fate.LastDeath != nil {
			since = fate.LastDeath.FinishedAt
		}
		status.State.Running = &corev1.ContainerStateRunning{StartedAt: since}
	}
	return status
}

// quality is the quality of service that the API server works out for a pod.
func quality(pod *corev1.Pod) corev1.PodQOSClass {
	asks := false
	for _, container := range pod.Spec.Containers {
		asks = asks || len(container.Resources.Requests) > 0 || len(container.Resources.Limits) > 0
	}
	if asks {
		return corev1.PodQOSBurstable
	}
	return corev1.PodQOSBestEffort
}
