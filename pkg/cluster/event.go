package cluster

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

// EventSpan says when what an event tells happened first and last. Events that
// repeat are one event; each of the two event APIs has its own fields for that.
func EventSpan(event *corev1.Event) (first, last time.Time) {
	made := event.EventTime.UTC()
	first, last = event.FirstTimestamp.UTC(), later(event.LastTimestamp.UTC(), made)
	if event.Series != nil {
		last = later(last, event.Series.LastObservedTime.UTC())
	}
	if first.IsZero() {
		first = made
	}
	if first.IsZero() {
		first = event.CreationTimestamp.UTC()
	}
	return first, later(last, first)
}

// EventTimes is how many times it happened.
func EventTimes(event *corev1.Event) int {
	times := max(1, int(event.Count))
	if event.Series != nil {
		times = max(times, int(event.Series.Count))
	}
	return times
}
