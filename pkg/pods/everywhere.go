package pods

import (
	"context"

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

	seen []string // the namespaces it was put together from; nil if it was one list
}

// reading is a sink that reduces pods to rows and keeps those it wants.
type reading[R any] struct {
	begin  func() // forgets what was kept
	reduce func(*corev1.Pod) (row R, wanted bool)
	keep   func(R)
}

// Reset forgets what was read.
func (r *reading[R]) Reset() { r.begin() }

// Add takes in a pod.
func (r *reading[R]) Add(pod *corev1.Pod) {
	if row, wanted := r.reduce(pod); wanted {
		r.keep(row)
	}
}

// read reads the pods that q chooses. An operator who may not list pods in all
// namespaces at once is shown those where they may.
func read[R any](ctx context.Context, c *cluster.Client, q cluster.PodQuery, r *reading[R]) (Listing, error) {
	version, err := c.ReadPods(ctx, q, r)
	if err == nil || q.Namespace != "" || !apierrors.IsForbidden(err) {
		return Listing{Unseen: []string{}, ResourceVersion: version}, err
	}
	return readSeparately(ctx, c, q, r, err)
}

// readSeparately reads namespace by namespace for an operator who may not read
// all at once; why is what the server said to that. Rows are kept back until all
// are read, since any of the lists may have to be begun again.
func readSeparately[R any](ctx context.Context, c *cluster.Client, q cluster.PodQuery, r *reading[R], why error) (Listing, error) {
	namespaces, err := c.Kube.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	if err != nil {
		return Listing{}, why // the permission to ask for is the first one
	}
	listing := Listing{Unseen: []string{}}
	r.begin()
	var all []R
	for i := range namespaces.Items {
		var found []R
		part := &reading[R]{begin: func() { found = nil }, reduce: r.reduce, keep: func(row R) { found = append(found, row) }}
		q.Namespace = namespaces.Items[i].Name
		_, err := c.ReadPods(ctx, q, part)
		switch {
		case apierrors.IsForbidden(err):
			listing.Unseen = append(listing.Unseen, q.Namespace)
		case err != nil:
			return Listing{}, err
		default:
			listing.seen = append(listing.seen, q.Namespace)
		}
		all = append(all, found...)
	}
	if len(listing.seen) == 0 {
		return Listing{}, why
	}
	for _, row := range all {
		r.keep(row)
	}
	return listing, nil
}
