package world

import (
	"iter"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// eventsKept is how long API servers keep events (Kubernetes' default).
const eventsKept = time.Hour

// started is what is reported of every pod that starts, and how long after its
// creation.
var started = []struct {
	after  time.Duration
	source string
	reason string
	says   string
}{
	{0, scheduler, "Scheduled", "Successfully assigned the pod to its node"},
	{time.Second, kubelet, "Pulled", "Container image already present on machine"},
	{2 * time.Second, kubelet, "Created", "Container created"},
	{2 * time.Second, kubelet, "Started", "Container started"},
}

// startEvents yields what was reported when the users' pods of the last hour
// started. Most events of a cluster are such.
func (w *World) startEvents() iter.Seq[Object] {
	return func(yield func(Object) bool) {
		for i := range w.users {
			u := &w.users[i]
			if u.age.Truncate(time.Second) > eventsKept || u.node == nil || u.group.Phase == corev1.PodPending {
				continue
			}
			about := subjectOf(w.userPod(i), scenario.About{Container: binderhub.NotebookContainer})
			for n, what := range started {
				age := scenario.Duration(u.age - what.after)
				described := scenario.Event{
					Type: corev1.EventTypeNormal, Reason: what.reason, Message: what.says, Source: what.source,
					Count: 1, First: age, Last: age,
				}
				if !yield(w.event(-1-n, &described, about)) {
					return
				}
			}
		}
	}
}

// modern writes an event as those components do that use the newer API: with
// other fields than the older.
func modern(event *corev1.Event) {
	event.EventTime = metav1.NewMicroTime(event.FirstTimestamp.Time)
	if event.Count > 1 {
		event.Series = &corev1.EventSeries{Count: event.Count, LastObservedTime: metav1.NewMicroTime(event.LastTimestamp.Time)}
	}
	event.FirstTimestamp, event.LastTimestamp, event.Count = metav1.Time{}, metav1.Time{}, 0
	event.Source, event.Action = corev1.EventSource{}, "Binding"
}
