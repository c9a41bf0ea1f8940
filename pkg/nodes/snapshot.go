package nodes

import (
	"context"
	"errors"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Missing is a list that could not be read, and what is therefore not known.
type Missing struct {
	List string `json:"list"` // leases, pods or events
	Why  string `json:"why"`
}

// snapshot is what was read of a cluster: one pass over each list, all at the
// same time.
type snapshot struct {
	now       time.Time       // by the API server's clock
	heard     time.Time       // when the leases were read
	renewing  map[string]bool // nodes whose lease looked late, and was renewed after that
	nodes     []Node
	guests    []guest
	incidents []incident
	example   *corev1.Pod // where the youngest user pod may go; nil if there is none
	missing   []Missing
	unseen    []string // namespaces whose pods may not be read
}

// The lists that a snapshot may have to do without.
const (
	leaseList = "leases"
	podList   = "pods"
	eventList = "events"
)

// look reads the nodes, and what tells about them. Without the nodes there is
// nothing to say; without the rest there is less.
func look(ctx context.Context, c *cluster.Client, withEvents bool) (*snapshot, error) {
	var (
		wait   sync.WaitGroup
		nodes  nodeSink
		leases leaseSink
		guests = guestSink{now: c.ServerNow}
		heard  time.Time
		events incidentSink
		unseen []string

		nodeErr, leaseErr, podErr, eventErr error
	)
	wait.Go(func() { nodeErr = c.ReadNodes(ctx, &nodes) })
	wait.Go(func() {
		leaseErr = c.ReadNodeLeases(ctx, &leases)
		heard = c.ServerNow()
	})
	wait.Go(func() { unseen, podErr = readGuests(ctx, c, &guests) })
	if withEvents {
		wait.Go(func() { eventErr = c.ReadEvents(ctx, metav1.NamespaceAll, cluster.Warnings, &events) })
	}
	wait.Wait()
	if nodeErr != nil {
		return nil, nodeErr
	}
	if podErr != nil {
		guests = guestSink{} // some of the pods would be a wrong picture
	}
	if eventErr != nil {
		events = incidentSink{}
	}
	if leaseErr != nil {
		leases = leaseSink{}
	}
	s := &snapshot{
		now: c.ServerNow().Truncate(time.Second), heard: heard, nodes: nodes.nodes, guests: guests.guests, incidents: events.incidents,
		example: guests.example, missing: []Missing{}, unseen: unseen,
	}
	for _, one := range []struct {
		list string
		err  error
	}{{leaseList, leaseErr}, {podList, podErr}, {eventList, eventErr}} {
		if errors.Is(one.err, context.Canceled) {
			return nil, one.err
		}
		if one.err != nil {
			s.missing = append(s.missing, Missing{one.list, one.err.Error()})
		}
	}
	s.settle(leases.renewed)
	return s, nil
}

// settle gives each node its lease and what its pods take.
func (s *snapshot) settle(renewed map[string]time.Time) {
	byName := make(map[string]*Node, len(s.nodes))
	for i := range s.nodes {
		n := &s.nodes[i]
		byName[n.Name] = n
		if at, ok := renewed[n.Name]; ok {
			n.Renewed = &at
		}
	}
	for i := range s.guests {
		g := &s.guests[i]
		n := byName[g.node]
		if n == nil || g.finished() {
			continue
		}
		n.Requested = n.Requested.plus(g.request)
		switch g.kind {
		case cluster.User:
			n.Users++
		case cluster.Build:
			n.Builds++
		case cluster.Placeholder:
			n.yielding = n.yielding.plus(g.request)
		default:
			n.fixed = n.fixed.plus(g.request)
		}
	}
}

// readGuests reads the pods of all namespaces, or of those that the operator
// may read.
func readGuests(ctx context.Context, c *cluster.Client, sink *guestSink) (unseen []string, err error) {
	_, err = c.ReadPods(ctx, cluster.PodQuery{Detail: true}, sink)
	if err == nil || !apierrors.IsForbidden(err) {
		return []string{}, err
	}
	why := err
	namespaces, err := c.Kube.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	if err != nil {
		return []string{}, why // the permission to ask for is the first one
	}
	unseen = []string{}
	all := guestSink{now: sink.now}
	for i := range namespaces.Items {
		name := namespaces.Items[i].Name
		_, err := c.ReadPods(ctx, cluster.PodQuery{Namespace: name, Detail: true}, sink)
		switch {
		case apierrors.IsForbidden(err):
			unseen = append(unseen, name)
			continue
		case err != nil:
			return []string{}, err
		}
		all.join(sink)
	}
	*sink = all
	if len(unseen) == len(namespaces.Items) {
		return []string{}, why
	}
	return unseen, nil
}

// join takes over what another sink has kept.
func (s *guestSink) join(other *guestSink) {
	s.guests = append(s.guests, other.guests...)
	if example := other.example; example != nil && (s.example == nil || s.example.CreationTimestamp.Before(&example.CreationTimestamp)) {
		s.example = example
	}
}
