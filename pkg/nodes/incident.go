package nodes

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// messageLength is how much of an event's message is kept, in bytes: enough to
// recognise what it is about.
const messageLength = 200

// incident is one warning event about a node or a pod, reduced. Events that
// repeat are one event with a count.
type incident struct {
	onNode  bool      // it is about the node itself
	pod     string    // "namespace/name" of the pod it is about
	uid     types.UID // of that pod: its name may be another's by now
	host    string    // which node's kubelet says so; "" if it does not say
	reason  string
	message string
	count   int
	last    time.Time
}

// incidentSink keeps the events of a list that are about nodes and pods.
type incidentSink struct{ incidents []incident }

// Reset forgets what was read.
func (s *incidentSink) Reset() { s.incidents = nil }

// Add takes in an event.
func (s *incidentSink) Add(event *corev1.Event) {
	about := &event.InvolvedObject
	one := incident{
		onNode: about.Kind == "Node", host: event.Source.Host, reason: event.Reason,
		message: event.Message, count: cluster.EventTimes(event),
	}
	if len(one.message) > messageLength {
		one.message = one.message[:messageLength]
	}
	_, one.last = cluster.EventSpan(event)
	if one.host == "" {
		one.host = event.ReportingInstance
	}
	switch about.Kind {
	case "Node":
		one.host = about.Name
	case "Pod":
		one.pod, one.uid = about.Namespace+"/"+about.Name, about.UID
	default:
		return
	}
	s.incidents = append(s.incidents, one)
}
