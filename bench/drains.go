package main

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
)

// The nodes of drain.yaml, by pool.
func drained(pool string) []string { return []string{pool + "-0", pool + "-1", pool + "-2"} }

// measureDrains compares emptying three nodes of a hundred pods each. The pods
// go to and fro between two pools.
func measureDrains(ctx context.Context, c config, s *server, t *table) error {
	pools := [2]string{"a", "b"}
	drain := func(name string, args ...string) func() (cost, error) {
		return func() (cost, error) {
			from, to := pools[0], pools[1]
			pools[0], pools[1] = to, from
			if err := s.uncordon(ctx, drained(to)); err != nil {
				return cost{}, err
			}
			took, err := command(ctx, name, append(args, drained(from)...)...)
			if err != nil {
				return cost{}, err
			}
			return took, s.whole(ctx)
		}
	}
	costs, err := interleaved(min(c.runs, 2),
		drain(c.kubectl, "drain", "--ignore-daemonsets", "--delete-emptydir-data"),
		drain(c.binderctl, "nodes", "drain", "--allow-no-room", "--yes"), // all of a pool
	)
	if err != nil {
		return err
	}
	t.add(row{
		what: "`nodes drain` of 3 nodes, 100 pods each", ours: costs[1],
		peerName: "`kubectl drain` of the same", peer: costs[0], bar: "time 1/6",
	})
	return nil
}

func (s *server) uncordon(ctx context.Context, names []string) error {
	for _, name := range names {
		patch := []byte(`{"spec":{"unschedulable":null}}`)
		if _, err := s.kube.CoreV1().Nodes().Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			return fmt.Errorf("uncordon node %s: %w", name, err)
		}
	}
	return nil
}

// whole waits until every pod of the deployments is ready again.
func (s *server) whole(ctx context.Context) error {
	return wait.PollUntilContextTimeout(ctx, time.Second, settleTime, true, func(ctx context.Context) (bool, error) {
		found, err := s.kube.AppsV1().Deployments(s.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, err
		}
		for i := range found.Items {
			if !ready(&found.Items[i]) {
				return false, nil
			}
		}
		return true, nil
	})
}

func ready(d *appsv1.Deployment) bool {
	return d.Status.ObservedGeneration == d.Generation && d.Status.ReadyReplicas == *d.Spec.Replicas && d.Status.Replicas == *d.Spec.Replicas
}
