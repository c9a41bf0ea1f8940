package cluster_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// Both event APIs, and events that nobody dated.
func TestEventSpan(t *testing.T) {
	t.Parallel()
	at := func(minutes int) time.Time { return clustertest.Now().Add(time.Duration(minutes) * time.Minute) }
	for _, test := range []struct {
		name        string
		event       corev1.Event
		first, last int
		times       int
	}{
		{"the older API", corev1.Event{
			FirstTimestamp: metav1.NewTime(at(1)), LastTimestamp: metav1.NewTime(at(5)), Count: 7,
		}, 1, 5, 7},
		{"the newer API", corev1.Event{EventTime: metav1.NewMicroTime(at(2))}, 2, 2, 1},
		{"the newer API, again and again", corev1.Event{
			EventTime: metav1.NewMicroTime(at(2)), Series: &corev1.EventSeries{Count: 9, LastObservedTime: metav1.NewMicroTime(at(6))},
		}, 2, 6, 9},
		{"no time but that of its making", corev1.Event{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(at(3))}}, 3, 3, 1},
	} {
		first, last := cluster.EventSpan(&test.event)
		if times := cluster.EventTimes(&test.event); !first.Equal(at(test.first)) || !last.Equal(at(test.last)) || times != test.times {
			t.Errorf("%s: %d times from %s to %s", test.name, times, first, last)
		}
	}
}
