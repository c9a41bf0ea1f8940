package pods

import (
	"cmp"
	"context"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Listing is what a read of the cluster brought.
type Listing struct {
	// Unseen names the namespaces that the operator may not read. What is in
	// them is missing, so nothing may be concluded from an absence.
	Unseen []string `json:"unseen"`
	// ResourceVersion is the moment of the list, to watch on from; "" if it was
	// put together from several namespaces.
	ResourceVersion string `json:"-"`
}

// List reads the pods that filter chooses, in one namespace or in all (""),
// and gives each to keep as it arrives; reset is called before the first, and
// again if the list has to be begun anew.
//
// An operator who may not list pods everywhere is shown the namespaces where
// they may.
func List(ctx context.Context, c *cluster.Client, namespace string, filter Filter, reset func(), keep func(Pod)) (Listing, error) {
	now := c.Now()
	sink := &filterSink{filter: filter, now: now, reset: reset, keep: keep}
	version, err := c.ReadPods(ctx, filter.query(namespace), sink)
	if err == nil || namespace != "" || !apierrors.IsForbidden(err) {
		return Listing{Unseen: []string{}, ResourceVersion: version}, err
	}
	return listSeparately(ctx, c, filter, sink, err)
}

// listSeparately reads namespace by namespace for an operator who may not read
// all at once; why is what the server said to that.
func listSeparately(ctx context.Context, c *cluster.Client, filter Filter, sink *filterSink, why error) (Listing, error) {
	namespaces, err := c.Kube.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	if err != nil {
		return Listing{}, why // the permission to ask for is the first one
	}
	listing := Listing{Unseen: []string{}}
	var all []Pod
	collect := &filterSink{filter: filter, now: sink.now}
	for i := range namespaces.Items {
		name := namespaces.Items[i].Name
		var found []Pod
		collect.reset = func() { found = nil }
		collect.keep = func(p Pod) { found = append(found, p) }
		_, err := c.ReadPods(ctx, filter.query(name), collect)
		switch {
		case apierrors.IsForbidden(err):
			listing.Unseen = append(listing.Unseen, name)
		case err != nil:
			return Listing{}, err
		}
		all = append(all, found...)
	}
	if len(listing.Unseen) == len(namespaces.Items) {
		return Listing{}, why
	}
	sink.Reset()
	for _, pod := range all {
		sink.keep(pod)
	}
	return listing, nil
}

// filterSink reduces pods and keeps those a filter chooses.
type filterSink struct {
	filter  Filter
	now     time.Time
	reset   func()
	keep    func(Pod)
	reducer *reducer
}

// Reset forgets what was read.
func (s *filterSink) Reset() {
	s.reducer = newReducer()
	s.reset()
}

// Add takes in a pod.
func (s *filterSink) Add(pod *corev1.Pod) {
	if row := s.reducer.reduce(pod); s.filter.choose(pod, row, s.now) {
		s.keep(row)
	}
}

// Order is a way to sort a list of pods.
type Order string

// The orders there are. Each falls back on the name.
const (
	ByAge      Order = "age" // oldest first
	ByName     Order = "name"
	ByRepo     Order = "repo"
	ByNode     Order = "node"
	ByStatus   Order = "status"
	ByRestarts Order = "restarts" // most first
)

// Orders lists the orders, for help and completion.
func Orders() []Order { return []Order{ByAge, ByName, ByRepo, ByNode, ByStatus, ByRestarts} }

// Compare says which of two pods comes first.
func (by Order) Compare(a, b Pod) int {
	return cmp.Or(by.compare(a, b), strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
}

func (by Order) compare(a, b Pod) int {
	switch by {
	case ByAge:
		return a.Created.Compare(b.Created)
	case ByRepo:
		return strings.Compare(strings.ToLower(a.Repo), strings.ToLower(b.Repo))
	case ByNode:
		return strings.Compare(a.Node, b.Node)
	case ByStatus:
		return strings.Compare(a.Status, b.Status)
	case ByRestarts:
		return cmp.Compare(b.Restarts, a.Restarts)
	default:
		return 0
	}
}
