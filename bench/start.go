package main

import "context"

// startRuns is how often start-up is measured: it is quick, and noisy.
const startRuns = 11

// measureStart compares what it takes to do nothing.
func measureStart(ctx context.Context, c config, _ *server, t *table) error {
	costs, err := interleaved(startRuns,
		func() (cost, error) { return command(ctx, c.kubectl, "version", "--client") },
		func() (cost, error) { return command(ctx, c.binderctl, "--help") },
	)
	if err != nil {
		return err
	}
	t.add(row{what: "`--help`", peerName: "`kubectl version --client`", peer: costs[0], ours: costs[1], bar: "no slower"})
	return nil
}
