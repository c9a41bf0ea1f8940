package hub

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// reports is what is reported of a pod from now on, and what was before, as
// KubeSpawner's second reflector has it: a blind one sees nothing. The channel is
// nil where there is nothing to see.
func (l *life) reports(ctx context.Context, pod string) (<-chan watch.Event, func()) {
	if !l.reflector.sees() {
		return nil, func() {}
	}
	watched, err := l.client.CoreV1().Events(l.config.Namespace).Watch(ctx, metav1.ListOptions{
		FieldSelector: "involvedObject.kind=Pod,involvedObject.name=" + pod,
	})
	if err != nil {
		return nil, func() {}
	}
	return watched.ResultChan(), watched.Stop
}

// reporter tells who follows a spawn what is reported of its pod.
type reporter struct {
	stream *stream
	since  time.Time // what is older was of another pod of that name
	count  int
}

// tell passes an event on, in KubeSpawner's words: each brings the progress half
// of the way to 90.
func (r *reporter) tell(report watch.Event) {
	event, ok := report.Object.(*corev1.Event)
	if !ok || report.Type == watch.Deleted {
		return
	}
	at := event.LastTimestamp.UTC()
	stamp := at.Format(time.RFC3339)
	if event.LastTimestamp.IsZero() {
		at = event.EventTime.UTC()
		stamp = at.Format("2006-01-02T15:04:05.000000Z")
	}
	if at.Before(r.since.Truncate(time.Second)) {
		return
	}
	r.count++
	r.stream.send(map[string]any{
		"progress": 90 - 40>>min(r.count, 5), "message": fmt.Sprintf("%s [%s] %s", stamp, event.Type, event.Message),
	})
}

// eventsLag is how far behind the pod the news of it may be.
const eventsLag = 100 * time.Millisecond

// rest tells what is still to come.
func (r *reporter) rest(reports <-chan watch.Event) {
	if reports == nil {
		return
	}
	late := time.NewTimer(eventsLag)
	defer late.Stop()
	for {
		select {
		case report, open := <-reports:
			if !open {
				return
			}
			r.tell(report)
		case <-late.C:
			return
		}
	}
}
