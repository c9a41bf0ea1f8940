package nodes_test

import (
	"sync/atomic"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	kubetesting "k8s.io/client-go/testing"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
	"github.com/binderctl/binderctl/pkg/nodes"
)

// renewals is a list of the lease of node-3, renewed so long before a moment.
func renewals(now time.Time, ago time.Duration) *coordinationv1.LeaseList {
	renewed := metav1.NewMicroTime(now.Add(-ago))
	return &coordinationv1.LeaseList{Items: []coordinationv1.Lease{{
		ObjectMeta: metav1.ObjectMeta{Namespace: corev1.NamespaceNodeLease, Name: "node-3"},
		Spec:       coordinationv1.LeaseSpec{RenewTime: &renewed},
	}}}
}

// A lease that looks late is looked at again: a kubelet that renews its own is
// not silent, also if its clock is slow.
func TestLateLease(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		first, again time.Duration
		silent       bool
	}{
		"renewed meanwhile":                  {45 * time.Second, 2 * time.Second, false},
		"renewed by a clock that is slow":    {10 * minute, 10*minute - 10*time.Second, false},
		"not renewed":                        {45 * time.Second, 45 * time.Second, true},
		"renewed in time, and not since":     {20 * time.Second, 20 * time.Second, false},
		"renewed by a clock that runs ahead": {-hour, -hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := withNodes(10).client(t)
			reads := 0
			client.Kube.(*fake.Clientset).PrependReactor("list", "leases", func(kubetesting.Action) (bool, runtime.Object, error) {
				if reads++; reads == 1 {
					return true, renewals(clustertest.Now(), test.first), nil
				}
				return true, renewals(clustertest.Now(), test.again), nil
			})
			found, err := nodes.FindUnhealthy(t.Context(), client)
			if err != nil {
				t.Fatal(err)
			}
			if _, silent := clues(found, "node-3")[nodes.SilentKubelet]; silent != test.silent {
				t.Errorf("silent: %t, want %t", silent, test.silent)
			}
		})
	}
}

// Pods that take a minute to read do not make leases older.
func TestLeasesBesideASlowList(t *testing.T) {
	t.Parallel()
	client := withNodes(10).client(t)
	var late atomic.Int64
	now := func() time.Time { return clustertest.Now().Add(time.Duration(late.Load())) }
	client.Now = now
	var heard atomic.Bool
	kube := client.Kube.(*fake.Clientset)
	kube.PrependReactor("list", "leases", func(kubetesting.Action) (bool, runtime.Object, error) {
		if heard.Swap(true) {
			t.Error("leases that were in time are read again")
		}
		return true, renewals(now(), 5*time.Second), nil
	})
	pages := 0
	kube.PrependReactor("list", "pods", func(kubetesting.Action) (bool, runtime.Object, error) {
		if !heard.Load() {
			return true, &corev1.PodList{ListMeta: metav1.ListMeta{Continue: "more"}}, nil
		}
		if pages++; pages < 1000 { // and goes on while the leases are taken in
			return true, &corev1.PodList{ListMeta: metav1.ListMeta{Continue: "more"}}, nil
		}
		late.Store(int64(minute))
		return true, &corev1.PodList{}, nil
	})
	found, err := nodes.FindUnhealthy(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	if got := clues(found, "node-3")[nodes.SilentKubelet]; got != 0 {
		t.Errorf("a kubelet that had renewed its lease in time is held to be silent, with %v", got)
	}
}
