package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// measureCulls compares deleting many pods.
func measureCulls(ctx context.Context, c config, s *server, t *table) error {
	var asking []cost
	var requests []int64
	costs, err := interleaved(c.runs,
		func() (cost, error) {
			names, err := s.names(ctx, c.cull)
			if err != nil {
				return cost{}, err
			}
			took, err := s.deleteBare(ctx, names)
			if err != nil {
				return cost{}, err
			}
			return took, s.settle(ctx, names) // or the next would compete with the kubelets
		},
		func() (cost, error) {
			took, out, err := capture(ctx, c.binderctl, "pods", "cull", "--older-than", "0s", "--limit", strconv.Itoa(c.cull), "--yes", "--wait", "-o", "json")
			if err != nil {
				return cost{}, err
			}
			var report struct {
				Asked    float64 `json:"askedSeconds"`
				Requests int64   `json:"requests"`
			}
			if err := json.Unmarshal([]byte(out), &report); err != nil {
				return cost{}, err
			}
			asking = append(asking, cost{wall: time.Duration(report.Asked * float64(time.Second))})
			requests = append(requests, report.Requests)
			return took, nil
		},
	)
	if err != nil {
		return err
	}
	bare, ours := costs[0], costs[1]
	t.add(row{
		what: fmt.Sprintf("cull %d pods: until the last was asked to go", c.cull), ours: median(asking),
		peerName: "a bare loop of parallel DELETEs", peer: bare,
		bar: "time 1.67 (60 % of the rate)", note: fmt.Sprintf("%d requests in all", slices.Max(requests)),
	})
	what := fmt.Sprintf("cull %d pods, `--wait`, from start to end", c.cull)
	if !c.slow {
		return nil
	}
	names, err := s.names(ctx, c.cull)
	if err != nil {
		return err
	}
	kubectl, err := command(ctx, c.kubectl, append([]string{"delete", "pod", "-n", s.namespace}, names...)...)
	if err != nil {
		return err
	}
	t.add(row{what: what, ours: ours, peerName: fmt.Sprintf("`kubectl delete pod` with %d names", c.cull), peer: kubectl, bar: "time 1/60", note: "kubectl once"})
	return nil
}
