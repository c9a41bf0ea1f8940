package world

import (
	"cmp"
	"fmt"
	"iter"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/gameday/internal/scenario"
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

func (w *World) subjects(about scenario.About) iter.Seq[subject] {
	return func(yield func(subject) bool) {
		for _, on := range w.nodes {
			// The kubelet does not know its node's UID and writes its name.
			ref := corev1.ObjectReference{Kind: "Node", Name: on.Name, UID: "", APIVersion: "v1"}
			if about.Pool == on.pool && about.Pool != "" && !yield(subject{ref, on.Name}) {
				return
			}
		}
		for _, shop := range w.shops {
			for _, pod := range shop.pods {
				if about.Workload == shop.Name && !yield(subjectOf(pod)) {
					return
				}
			}
		}
		for i := range w.users {
			if about.UserPods != "" && w.users[i].group.Phase == about.UserPods && !yield(subjectOf(w.userPod(i))) {
				return
			}
		}
	}
}

func subjectOf(pod *corev1.Pod) subject {
	return subject{corev1.ObjectReference{
		Kind: "Pod", APIVersion: "v1", Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID,
	}, pod.Spec.NodeName}
}

func (w *World) event(i int, described *scenario.Event, about subject) *corev1.Event {
	if about.ref.Kind == "Node" {
		about.ref.UID = w.uid("Node", "", about.ref.Name)
	}
	namespace := cmp.Or(about.ref.Namespace, metav1.NamespaceDefault)
	first, last := w.ago(time.Duration(described.First)), w.ago(time.Duration(described.Last))
	name := fmt.Sprintf("%s.%016x", about.ref.Name, w.random("event/"+about.ref.Name, i).Uint64())
	return &corev1.Event{
		ObjectMeta:     w.meta("Event", namespace, name, first),
		InvolvedObject: about.ref,
		Type:           described.Type, Reason: described.Reason, Message: described.Message,
		Count: described.Count, FirstTimestamp: metav1.NewTime(first), LastTimestamp: metav1.NewTime(last),
		Source:              corev1.EventSource{Component: cmp.Or(described.Source, "kubelet"), Host: about.host},
		ReportingController: cmp.Or(described.Source, "kubelet"), ReportingInstance: about.host,
	}
}
