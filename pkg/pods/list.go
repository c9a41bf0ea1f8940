package pods

import (
	"cmp"
	"context"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// List reads the pods that filter chooses, in one namespace or in all (""),
// and gives each to keep as it arrives; reset is called before the first, and
// again if the list has to be begun anew. Ages go by the API server's clock.
//
// An operator who may not list pods everywhere is shown the namespaces where
// they may.
func List(ctx context.Context, c *cluster.Client, namespace string, filter Filter, reset func(), keep func(Pod)) (Listing, error) {
	reducer := newReducer()
	return read(ctx, c, filter.query(namespace), &reading[Pod]{
		begin: reset,
		reduce: func(pod *corev1.Pod) (row Pod, wanted bool) {
			row = reducer.reduce(pod)
			return row, filter.choose(pod, row, c.ServerNow()) // which has answered
		},
		keep: keep,
	})
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
