package e2e

import (
	"context"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

// object is an object's identity.
type object struct{ resource, namespace, name, uid string }

// everything is all the objects there are, of every kind that can be listed.
type everything map[object]bool

// passing are kinds that come and go by themselves.
var passing = []string{"events", "leases", "componentstatuses"}

// everything takes a snapshot of the cluster.
func (d *gameDay) everything(t *testing.T) everything {
	t.Helper()
	lists, err := d.kube.Discovery().ServerPreferredResources()
	if err != nil {
		t.Fatal(err)
	}
	lists = discovery.FilteredBy(discovery.SupportsAllVerbs{Verbs: []string{"list", "delete"}}, lists)
	all := everything{}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			t.Fatal(err)
		}
		for _, resource := range list.APIResources {
			if slices.Contains(passing, resource.Name) {
				continue
			}
			found, err := d.meta.Resource(version.WithResource(resource.Name)).List(context.Background(), metav1.ListOptions{})
			if apierrors.IsMethodNotSupported(err) || apierrors.IsNotFound(err) {
				continue
			}
			if err != nil {
				t.Fatalf("list %s: %v", resource.Name, err)
			}
			for _, item := range found.Items {
				all[object{resource.Name, item.Namespace, item.Name, string(item.UID)}] = true
			}
		}
	}
	return all
}

// lostOnly checks that of everything there was before, exactly the pods with
// these names in the namespace are gone. The nodes and the namespaces of other
// tests are not looked at: those do harm of their own meanwhile.
func (d *gameDay) lostOnly(t *testing.T, before everything, namespace string, pods []string) {
	t.Helper()
	after := d.everything(t)
	lost := []string{}
	for o := range before {
		switch {
		case after[o], strings.HasPrefix(o.namespace, placePrefix) && o.namespace != namespace:
		case o.resource == "nodes" && strings.HasPrefix(o.name, placePrefix) && !strings.HasPrefix(o.name, namespace+"-"):
		case o.resource == "pods" && o.namespace == namespace:
			lost = append(lost, o.name)
		default:
			t.Errorf("this is gone too: %+v", o)
		}
	}
	sameSet(t, "pods that are gone", lost, pods)
}

// sameSet checks that two lists have the same members.
func sameSet(t *testing.T, what string, got, want []string) {
	t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if slices.Equal(got, want) {
		return
	}
	t.Errorf("%s: %d, want %d", what, len(got), len(want))
	for _, name := range got {
		if !slices.Contains(want, name) {
			t.Errorf("%s: %q is one too many", what, name)
		}
	}
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("%s: %q is missing", what, name)
		}
	}
	t.FailNow()
}
