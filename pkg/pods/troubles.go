package pods

import (
	"context"
	"maps"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Repeats is what events tell of something that happens again and again. API
// servers keep events for an hour (Kubernetes' default), so what began before
// that may be told as younger and rarer than it is.
type Repeats struct {
	Count   int       `json:"count"`
	Since   time.Time `json:"sinceAt"`
	Last    time.Time `json:"lastAt"`
	Message string    `json:"message"` // the latest
}

// add takes in one more event.
func (r *Repeats) add(event *corev1.Event) {
	first, last := cluster.EventSpan(event)
	r.Count += cluster.EventTimes(event)
	if r.Since.IsZero() || first.Before(r.Since) {
		r.Since = first
	}
	if !last.Before(r.Last) {
		r.Last, r.Message = last, event.Message
	}
}

// Reasons of the events that a diagnosis reads.
const (
	backOffEvent   = "BackOff"   // the kubelet waits before it starts the container again
	unhealthyEvent = "Unhealthy" // a probe failed; of a liveness probe, the kubelet then kills
	failedEvent    = "Failed"    // the image could not be pulled, or the container not be made
)

// trouble says of which container, and what.
type trouble struct {
	pod       types.UID
	container string
	reason    string
}

// troubles are the events about containers.
type troubles map[trouble]*Repeats

// Reset forgets what was read.
func (t troubles) Reset() { clear(t) }

// Add takes in an event.
func (t troubles) Add(event *corev1.Event) {
	switch event.Reason {
	case backOffEvent, unhealthyEvent:
	case failedEvent:
		if strings.HasPrefix(event.Message, "Error: ") { // it repeats the status, where others tell why
			return
		}
	default:
		return
	}
	key := trouble{event.InvolvedObject.UID, containerOf(event.InvolvedObject.FieldPath), event.Reason}
	if t[key] == nil {
		t[key] = &Repeats{}
	}
	t[key].add(event)
}

// containerOf is the name in a path such as spec.containers{nginx}.
func containerOf(path string) string {
	_, rest, _ := strings.Cut(path, "{")
	return strings.TrimSuffix(rest, "}")
}

// readTroubles reads the events of a namespace, or of all (""): every warning, as a
// selector cannot say "or", and those about pods are the most.
func readTroubles(ctx context.Context, c *cluster.Client, namespace string) (troubles, error) {
	found := troubles{}
	return found, c.ReadEvents(ctx, namespace, cluster.Warnings, found)
}

// readTroublesIn reads the events of some namespaces, for an operator who may
// not read them all at once. Of what is forbidden it returns the last error.
func readTroublesIn(ctx context.Context, c *cluster.Client, namespaces []string) (all troubles, forbidden error) {
	all = troubles{}
	for _, namespace := range namespaces {
		found, err := readTroubles(ctx, c, namespace)
		switch {
		case apierrors.IsForbidden(err):
			forbidden = err
		case err != nil:
			return all, err
		}
		maps.Copy(all, found)
	}
	return all, forbidden
}
