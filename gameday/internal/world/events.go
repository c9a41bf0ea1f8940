package world

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// The components that report most.
const (
	kubelet   = "kubelet"
	scheduler = "default-scheduler"
)

// events yields the events that the cluster reported before.
func (w *World) events() iter.Seq[Object] {
	return func(yield func(Object) bool) {
		for i := range w.scenario.Events {
			described := &w.scenario.Events[i]
			for about := range w.subjects(described.About) {
				if !yield(w.event(i, described, about)) {
					return
				}
			}
		}
	}
}

// subject is an object that has events.
type subject struct {
	ref  corev1.ObjectReference
	host string
}

// subjects yields the objects that events are about.
func (w *World) subjects(about scenario.About) iter.Seq[subject] {
	return func(yield func(subject) bool) {
		left := about.AtMost
		for found := range w.allSubjects(about) {
			if !yield(found) {
				return
			}
			if left--; left == 0 {
				return
			}
		}
	}
}

func (w *World) allSubjects(about scenario.About) iter.Seq[subject] {
	switch {
	case about.Workload != "":
		return w.workloadSubjects(about)
	case about.UserPods != "" || about.BuildPods != "":
		return w.launchSubjects(about)
	default:
		return w.nodeSubjects(about)
	}
}

func (w *World) nodeSubjects(about scenario.About) iter.Seq[subject] {
	return func(yield func(subject) bool) {
		for _, on := range w.nodes {
			// Who reports from a node knows its name only, and writes that as its UID.
			ref := corev1.ObjectReference{Kind: "Node", Name: on.Name, UID: types.UID(on.Name)}
			if about.Pool == on.pool && !yield(subject{ref, on.Name}) {
				return
			}
		}
	}
}

func (w *World) workloadSubjects(about scenario.About) iter.Seq[subject] {
	return func(yield func(subject) bool) {
		for _, shop := range w.shops {
			for _, pod := range shop.pods {
				if about.Workload == shop.Name && w.isIn(about.Pool, pod.Spec.NodeName) && !yield(subjectOf(pod, about)) {
					return
				}
			}
		}
	}
}

// launchSubjects yields users' and builds' pods.
func (w *World) launchSubjects(about scenario.About) iter.Seq[subject] {
	return func(yield func(subject) bool) {
		for i := range w.users {
			if about.UserPods == w.users[i].group.Phase && w.users[i].node.in(about.Pool) && !yield(subjectOf(w.userPod(i), about)) {
				return
			}
		}
		for i := range w.builds {
			if about.BuildPods == w.builds[i].group.Phase && w.builds[i].node.in(about.Pool) && !yield(subjectOf(w.buildPod(i), about)) {
				return
			}
		}
	}
}

// in says whether the node is of the pool; any is of "".
func (c *node) in(pool string) bool {
	return pool == "" || c != nil && c.pool == pool
}

func (w *World) isIn(pool, name string) bool {
	return pool == "" || slices.ContainsFunc(w.nodes, func(c *node) bool { return c.Name == name && c.pool == pool })
}

func subjectOf(pod *corev1.Pod, about scenario.About) subject {
	ref := corev1.ObjectReference{
		Kind: "Pod", APIVersion: "v1", Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID,
	}
	if about.Container != "" {
		ref.FieldPath = "spec.containers{" + about.Container + "}"
	}
	return subject{ref, pod.Spec.NodeName}
}

func (w *World) event(i int, described *scenario.Event, about subject) *corev1.Event {
	namespace := cmp.Or(about.ref.Namespace, metav1.NamespaceDefault)
	first, last := w.ago(time.Duration(described.First)), w.ago(time.Duration(described.Last))
	name := fmt.Sprintf("%s.%016x", about.ref.Name, w.random("event/"+about.ref.Name, i).Uint64())
	source := cmp.Or(described.Source, kubelet)
	event := &corev1.Event{
		ObjectMeta:     w.meta("Event", namespace, name, first),
		InvolvedObject: about.ref,
		Type:           described.Type, Reason: described.Reason, Message: described.Message,
		Count: described.Count, FirstTimestamp: metav1.NewTime(first), LastTimestamp: metav1.NewTime(last),
		Source:              corev1.EventSource{Component: source, Host: about.host},
		ReportingController: source, ReportingInstance: about.host,
	}
	if source == scheduler {
		event.InvolvedObject.FieldPath = ""
		modern(event)
	}
	return event
}
