package cluster

import (
	"cmp"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Role says what a container is in its pod.
type Role string

// The roles a container can have.
const (
	Main    Role = "main"
	Init    Role = "init"    // runs to its end before the others start
	Sidecar Role = "sidecar" // an init container that goes on beside the others
)

// Container is what a pod's status tells of one of its containers.
type Container struct {
	Name     string `json:"name"`
	Role     Role   `json:"role"`
	Image    string `json:"image"` // as the pod asks for it
	Restarts int    `json:"restarts"`
	Ready    bool   `json:"ready"`
	Running  bool   `json:"running"`
	Waiting  string `json:"waiting"` // why it does not run, such as CrashLoopBackOff; "" if it does, or has ended
	Message  string `json:"message"` // what the kubelet says of that
	Death    *Death `json:"death"`   // how it last ended; nil if it never did
}

// Death is how a container ended.
type Death struct {
	Reason   string    `json:"reason"` // such as OOMKilled, Error or Completed
	ExitCode int       `json:"exitCode"`
	Signal   int       `json:"signal"` // 0 if none is told; an exit code above 128 tells one too
	Message  string    `json:"message"`
	Began    time.Time `json:"beganAt"`
	Ended    time.Time `json:"endedAt"`
	Final    bool      `json:"final"` // it is not started again
}

// Failed reports whether the container did not end as it should.
func (d *Death) Failed() bool { return d != nil && (d.ExitCode != 0 || d.Signal != 0) }

// Cause says in a word or two how the container ended.
func (d *Death) Cause() string { return DeathCause(d.Reason, d.ExitCode, d.SignalName()) }

// DeathCause says in a word or two how a container ended, such as "OOMKilled 137".
// The kubelet's "Error" says less than the name of a signal.
func DeathCause(reason string, exitCode int, signal string) string {
	if reason == "" || reason == "Error" {
		reason = cmp.Or(signal, "Error")
	}
	if exitCode == 0 && reason != "Completed" {
		return reason
	}
	return reason + " " + strconv.Itoa(exitCode)
}

const (
	// backOffReset is how long a container has to run before the kubelet
	// forgives its crashes (Kubernetes' default). One that died less long ago is
	// still in its loop.
	backOffReset = 10 * time.Minute
	// loopRestarts is how many restarts make a loop of crashes that are not yet
	// far enough apart for the kubelet to say so.
	loopRestarts = 3
)

// Looping reports whether the container is in a loop of crashes, or is held up
// by something that will not go away by itself, such as an image that is not
// there. Waiting for an image to be pulled, or for other containers, is neither.
//
// Between two crashes a container runs, and nothing but its restarts tells. It
// loops also if it ends well each time: one that should go on did not.
func (c Container) Looping(now time.Time) bool {
	return c.HeldUp() || c.Restarts >= loopRestarts && c.Death != nil && !c.done() && now.Sub(c.Death.Ended) < backOffReset
}

// HeldUp reports whether the container waits for what will not come by itself.
func (c Container) HeldUp() bool {
	switch c.Waiting {
	case "", "ContainerCreating", podInitializing:
		return false
	default:
		return true
	}
}

// done reports whether the container has ended as it should, and for good.
func (c Container) done() bool { return c.Death.Final && !c.Death.Failed() }

// podInitializing is the reason of a container that waits for the init
// containers before it.
const podInitializing = "PodInitializing"

// Containers lists the containers of a pod, the init containers first, in the
// order of their start. A pod whose kubelet has not reported yet has none.
func Containers(pod *corev1.Pod) []Container {
	list := make([]Container, 0, len(pod.Status.InitContainerStatuses)+len(pod.Status.ContainerStatuses))
	list = appendContainers(list, pod.Spec.InitContainers, pod.Status.InitContainerStatuses, Init)
	return appendContainers(list, pod.Spec.Containers, pod.Status.ContainerStatuses, Main)
}

func appendContainers(list []Container, wanted []corev1.Container, told []corev1.ContainerStatus, role Role) []Container {
	for i := range told {
		status := &told[i]
		container := Container{
			Name: status.Name, Role: role, Restarts: int(status.RestartCount), Ready: status.Ready,
			Running: status.State.Running != nil, Death: deathOf(status),
		}
		if waiting := status.State.Waiting; waiting != nil {
			container.Waiting, container.Message = waiting.Reason, waiting.Message
		}
		for j := range wanted {
			if wanted[j].Name != status.Name {
				continue
			}
			container.Image = wanted[j].Image
			if policy := wanted[j].RestartPolicy; role == Init && policy != nil && *policy == corev1.ContainerRestartPolicyAlways {
				container.Role = Sidecar
			}
		}
		list = append(list, container)
	}
	return list
}

// deathOf is how a container ended the last time: it may have ended for good, or
// have been started again since.
func deathOf(status *corev1.ContainerStatus) *Death {
	ended, final := status.State.Terminated, true
	if ended == nil {
		ended, final = status.LastTerminationState.Terminated, false
	}
	if ended == nil {
		return nil
	}
	return &Death{
		Reason: ended.Reason, ExitCode: int(ended.ExitCode), Signal: int(ended.Signal), Message: ended.Message,
		Began: ended.StartedAt.UTC(), Ended: ended.FinishedAt.UTC(), Final: final,
	}
}
