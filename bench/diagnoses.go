package main

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// measureDiagnoses looks for what is sick in the whole cluster. kubectl has
// nothing to compare it with but the lists themselves.
func measureDiagnoses(ctx context.Context, c config, s *server, t *table) error {
	size, err := s.size(ctx)
	if err != nil {
		return err
	}
	diagnose := func(args ...string) func() (cost, error) {
		return rested(func() (cost, error) { return command(ctx, c.binderctl, args...) })
	}
	costs, err := interleaved(c.runs,
		diagnose("nodes", "find-unhealthy"),
		diagnose("pods", "crashloops"),
		rested(func() (cost, error) { return s.fetchRaw(ctx) }),
	)
	if err != nil {
		return err
	}
	for i, what := range []string{"`nodes find-unhealthy`", "`pods crashloops`"} {
		t.add(row{
			what: what + ", " + size, ours: costs[i],
			peerName: "the raw list of the pods", peer: costs[2], bar: "10 s, 300 MB at 50,000 pods",
		})
	}
	return nil
}

// size says how large the cluster is.
func (s *server) size(ctx context.Context) (string, error) {
	pods, err := s.countPods(ctx)
	if err != nil {
		return "", err
	}
	nodes, err := s.kube.CoreV1().Nodes().List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil {
		return "", err
	}
	events, err := s.kube.CoreV1().Events("").List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d pods, %d nodes, %d events", pods, length(nodes.ListMeta, len(nodes.Items)), length(events.ListMeta, len(events.Items))), nil
}

// length is how many objects a list has, of which the first few were read.
func length(list metav1.ListMeta, read int) int64 {
	if list.RemainingItemCount != nil {
		return int64(read) + *list.RemainingItemCount
	}
	return int64(read)
}
