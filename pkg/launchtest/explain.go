package launchtest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// explain has the pod say why a launch broke, where BinderHub and the clock told
// no more than that something took too long. Of a failure that has a cause of its
// own only its words say more.
func (e *Evidence) explain(f *Failure) {
	if e == nil {
		return
	}
	stage, cause, says := e.trouble()
	if cause == "" || f.Cause == cause {
		return
	}
	f.Says = strings.TrimSuffix(f.Says, ".") + "; " + says
	switch f.Cause {
	case SpawnSlow, SpawnFailed, StageTooLong, LaunchTooLong:
	default:
		return
	}
	f.Cause = cause
	switch {
	case !f.Stage.building():
		f.Stage = stage
	case cause == PodFailed:
		f.Cause = BuildFailed
	}
}

// trouble is what keeps a pod from running, if its state tells: the stage in which
// it is, its cause, and in words what is seen.
func (e *Evidence) trouble() (Stage, Cause, string) {
	for _, c := range e.Containers {
		switch {
		case c.Death.Failed() && !c.Running:
			return Start, PodFailed, fmt.Sprintf("container %s ended: %s", c.Name, c.Death.Cause())
		case strings.Contains(c.Waiting, "Image"): // ErrImagePull, ImagePullBackOff, InvalidImageName and the like
			return Pull, NoImage, waits(c)
		case c.HeldUp():
			return Start, PodFailed, waits(c)
		}
	}
	if e.Phase == string(corev1.PodFailed) {
		return Start, PodFailed, strings.TrimSuffix("pod "+e.Pod+" has failed: "+e.Reason, ": ")
	}
	if e.Phase == string(corev1.PodPending) && e.Node == "" {
		return Schedule, NoNode, "Kubernetes said last: " + cmp.Or(e.last("FailedScheduling"), "no node has taken pod "+e.Pod)
	}
	return "", "", ""
}

func waits(c cluster.Container) string {
	return fmt.Sprintf("container %s waits: %s", c.Name, strings.TrimSuffix(c.Waiting+": "+c.Message, ": "))
}

// over reports whether the pod has ended, so that nothing comes of it any more.
func (e *Evidence) over() bool {
	if e == nil {
		return false
	}
	ended := slices.ContainsFunc(e.Containers, func(c cluster.Container) bool {
		return c.Role == cluster.Main && c.Death != nil && c.Death.Final
	})
	return ended || e.Phase == string(corev1.PodFailed) || e.Phase == string(corev1.PodSucceeded)
}

// held is for what the pod waits that will not come by itself, or "".
func (e *Evidence) held() string {
	if e == nil {
		return ""
	}
	for _, c := range e.Containers {
		if c.HeldUp() {
			return "container " + c.Name + " waits: " + c.Waiting
		}
	}
	return ""
}

// last is the message of the last event of a reason.
func (e *Evidence) last(reason string) string {
	for _, event := range slices.Backward(e.Events) {
		if event.Reason == reason {
			return event.Message
		}
	}
	return ""
}
