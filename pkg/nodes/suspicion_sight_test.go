package nodes_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	kubetesting "k8s.io/client-go/testing"

	"github.com/binderctl/binderctl/pkg/nodes"
)

func TestNoNodes(t *testing.T) {
	t.Parallel()
	found := suspects(t, &fleet{})
	if found.Nodes != 0 || len(found.Suspects) != 0 {
		t.Errorf("found %+v in a cluster without nodes", found)
	}
}

// Without events, leases and pods less is known, and it is said what.
func TestForbidden(t *testing.T) {
	t.Parallel()
	f := redditHug()
	condition(corev1.NodeReady, corev1.ConditionFalse, hour)(f.nodes[3])
	client := f.client(t)
	for _, list := range []string{"events", "leases", "pods"} {
		client.Kube.(*fake.Clientset).PrependReactor("list", list, func(kubetesting.Action) (bool, runtime.Object, error) {
			return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: list}, "", errors.New("not you"))
		})
	}
	found, err := nodes.FindUnhealthy(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	var missing []string
	for _, m := range found.Missing {
		missing = append(missing, m.List)
	}
	if diff := cmp.Diff([]string{"leases", "pods", "events"}, missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if bad := found.Unhealthy(); len(bad) != 1 || bad[0].Name != "node-3" {
		t.Errorf("unhealthy are %v, want node-3, which says so itself", bad)
	}
}

// A list that broke off shows a part of the pods, in which chance looks odd: it
// is no evidence.
func TestBrokenLists(t *testing.T) {
	t.Parallel()
	f := redditHug()
	client := f.client(t)
	for list, part := range map[string]runtime.Object{
		"pods":   &corev1.PodList{ListMeta: metav1.ListMeta{Continue: "more"}, Items: []corev1.Pod{*f.pods[0], *f.pods[28], *f.pods[36]}},
		"events": &corev1.EventList{ListMeta: metav1.ListMeta{Continue: "more"}, Items: []corev1.Event{*f.nodeEvent("node-0", "SystemOOM", "", minute)}},
	} {
		pages := 0
		client.Kube.(*fake.Clientset).PrependReactor("list", list, func(kubetesting.Action) (bool, runtime.Object, error) {
			if pages++; pages == 1 {
				return true, part, nil
			}
			return true, nil, apierrors.NewBadRequest("no such page")
		})
	}
	found, err := nodes.FindUnhealthy(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Suspects) > 0 || len(found.Missing) != 2 {
		t.Errorf("suspects are %v and missing is %v, want no suspects of two lists that broke off", found.Suspects, found.Missing)
	}
}
