package cluster_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// namesOf is a sink that keeps the names of what it is given.
type namesOf[T any] struct {
	name  func(*T) string
	found []string
}

func (n *namesOf[T]) Reset()        { n.found = nil }
func (n *namesOf[T]) Add(object *T) { n.found = append(n.found, n.name(object)) }

func nodeNamed(name string) *corev1.Node {
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
}

// A list that expires between two pages is begun again, and nothing of the
// first try remains.
func TestReadNodesBeginsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kube := fake.NewClientset()
		pages := []any{
			&corev1.NodeList{ListMeta: metav1.ListMeta{Continue: "more"}, Items: []corev1.Node{*nodeNamed("gone-since")}},
			apierrors.NewResourceExpired("too old"),
			&corev1.NodeList{ListMeta: metav1.ListMeta{Continue: "more"}, Items: []corev1.Node{*nodeNamed("a")}},
			&corev1.NodeList{Items: []corev1.Node{*nodeNamed("b")}},
		}
		kube.PrependReactor("list", "nodes", func(clienttesting.Action) (bool, runtime.Object, error) {
			next := pages[0]
			pages = pages[1:]
			if err, failed := next.(error); failed {
				return true, nil, err
			}
			return true, next.(runtime.Object), nil
		})
		sink := &namesOf[corev1.Node]{name: func(n *corev1.Node) string { return n.Name }}
		if err := (&cluster.Client{Kube: kube}).ReadNodes(t.Context(), sink); err != nil {
			t.Fatal(err)
		}
		if want := []string{"a", "b"}; !slices.Equal(sink.found, want) {
			t.Errorf("read %q, want %q", sink.found, want)
		}
	})
}

// What the operator may not read is an error that says so, at once.
func TestReadForbidden(t *testing.T) {
	t.Parallel()
	kube := fake.NewClientset()
	kube.PrependReactor("list", "*", func(action clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(action.GetResource().GroupResource(), "", errors.New("no"))
	})
	c := &cluster.Client{Kube: kube}
	for what, read := range map[string]func(context.Context) error{
		"list events in namespace prod": func(ctx context.Context) error {
			return c.ReadEvents(ctx, "prod", "", &namesOf[corev1.Event]{})
		},
		"list events in all namespaces": func(ctx context.Context) error { return c.ReadEvents(ctx, "", "", &namesOf[corev1.Event]{}) },
		"list leases of nodes":          func(ctx context.Context) error { return c.ReadNodeLeases(ctx, &namesOf[coordinationv1.Lease]{}) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			err := read(t.Context())
			if !apierrors.IsForbidden(err) || err.Error()[:len(what)] != what {
				t.Errorf("error %q, want one that begins with %q and is of what is forbidden", err, what)
			}
		})
	}
}

// Only the leases of nodes are read, not those by which leaders are elected.
func TestReadNodeLeases(t *testing.T) {
	t.Parallel()
	kube := fake.NewClientset(
		&coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-node-lease", Name: "node-1"}},
		&coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "kube-scheduler"}},
	)
	sink := &namesOf[coordinationv1.Lease]{name: func(l *coordinationv1.Lease) string { return l.Name }}
	if err := (&cluster.Client{Kube: kube}).ReadNodeLeases(t.Context(), sink); err != nil {
		t.Fatal(err)
	}
	if want := []string{"node-1"}; !slices.Equal(sink.found, want) {
		t.Errorf("read %q, want %q", sink.found, want)
	}
}
