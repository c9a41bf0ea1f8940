package cluster

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Readers is how many read each list of a shared client.
type Readers struct{ Pods, Nodes, Warnings int }

// Shared returns a client for several who read the same lists side by side, as the
// checks of one look do: pods, nodes and warnings are read once each, in all
// namespaces, and everybody is given what they asked for of them. A list begins
// when as many have asked for it as readers says, so each of those has to ask, and
// not to wait for another before. Whoever asks later, or for something else, reads
// on their own, as on any client.
//
// Where the pods of all namespaces cannot be read, as by an operator who may not,
// those who asked for the client's own namespace alone are given a list of that,
// again one for all of them. ctx ends what is being read.
func (c *Client) Shared(ctx context.Context, readers Readers) *Client {
	alone := *c
	alone.shared = nil
	shared := alone
	shared.shared = &sharedLists{
		namespace: c.Where.Namespace,
		pods: round[corev1.Pod]{
			what: "pods", due: readers.Pods,
			wide: func(sink PodSink) (string, error) { return alone.ReadPods(ctx, PodQuery{Detail: true}, sink) },
			narrow: func(sink PodSink) (string, error) {
				return alone.ReadPods(ctx, PodQuery{Namespace: c.Where.Namespace, Detail: true}, sink)
			},
		},
		nodes: round[corev1.Node]{
			what: "nodes", due: readers.Nodes,
			wide: func(sink Sink[corev1.Node]) (string, error) { return "", alone.ReadNodes(ctx, sink) },
		},
		warnings: round[corev1.Event]{
			what: "events", due: readers.Warnings,
			wide: func(sink Sink[corev1.Event]) (string, error) {
				return "", alone.ReadEvents(ctx, metav1.NamespaceAll, Warnings, sink)
			},
		},
	}
	return &shared
}

// sharedLists are the lists of a shared client. Of a client that is not shared,
// which is nil, nobody can take part in any.
type sharedLists struct {
	namespace string // that pods may be asked for alone
	pods      round[corev1.Pod]
	nodes     round[corev1.Node]
	warnings  round[corev1.Event]
}

// readPods reads what q chooses together with the others, or says that this is to
// be read alone.
func (l *sharedLists) readPods(ctx context.Context, q PodQuery, sink PodSink) (version string, took bool, err error) {
	if l == nil || q.Fields != "" || q.Namespace != "" && q.Namespace != l.namespace {
		return "", false, nil
	}
	selector, err := labels.Parse(q.Selector)
	if err != nil {
		return "", false, nil //nolint:nilerr // the server will say so
	}
	return l.pods.take(ctx, q.Namespace != "", &podSieve{sink, q.Namespace, selector})
}

func (l *sharedLists) readNodes(ctx context.Context, sink Sink[corev1.Node]) (took bool, err error) {
	if l == nil {
		return false, nil
	}
	_, took, err = l.nodes.take(ctx, false, sink)
	return took, err
}

func (l *sharedLists) readEvents(ctx context.Context, namespace, fields string, sink Sink[corev1.Event]) (took bool, err error) {
	if l == nil || namespace != metav1.NamespaceAll || fields != Warnings {
		return false, nil
	}
	_, took, err = l.warnings.take(ctx, false, sink)
	return took, err
}

// podSieve passes on the pods of a namespace ("" is all) that a selector chooses.
type podSieve struct {
	PodSink
	namespace string
	selector  labels.Selector
}

// Add takes in a pod.
func (s *podSieve) Add(pod *corev1.Pod) {
	if (s.namespace == "" || pod.Namespace == s.namespace) && s.selector.Matches(labels.Set(pod.Labels)) {
		s.PodSink.Add(pod)
	}
}
