package main

import "context"

// measureLists compares reading and printing all pods.
func measureLists(ctx context.Context, c config, s *server, t *table) error {
	kubectl := func(args ...string) func() (cost, error) {
		return rested(func() (cost, error) {
			return command(ctx, c.kubectl, append([]string{"get", "pods", "-A"}, args...)...)
		})
	}
	binderctl := func(args ...string) func() (cost, error) {
		return rested(func() (cost, error) {
			return command(ctx, c.binderctl, append([]string{"pods", "list", "-A"}, args...)...)
		})
	}
	costs, err := interleaved(c.runs,
		kubectl("-o", "wide"), binderctl("--group-by", "repo"), binderctl(),
		rested(func() (cost, error) { return s.fetchRaw(ctx) }),
		kubectl("-o", "json"), binderctl("-o", "json"),
	)
	if err != nil {
		return err
	}
	wide, byRepo, plain, raw, kubectlJSON, json := costs[0], costs[1], costs[2], costs[3], costs[4], costs[5]
	const getWide = "`kubectl get pods -A -o wide`"
	t.add(row{what: "`pods list -A --group-by repo`", ours: byRepo, peerName: getWide, peer: wide, bar: "time 1/12, memory 1/15"})
	t.add(row{what: "`pods list -A --group-by repo`", ours: cost{wall: byRepo.wall}, peerName: "the raw list, not even decoded", peer: raw, bar: "time 2.00"})
	t.add(row{what: "(the raw list itself)", ours: raw, peerName: getWide, peer: wide, note: "what no client of this server can beat"})
	t.add(row{what: "`pods list -A`", ours: plain, peerName: getWide, peer: wide, bar: "time 1/8, memory 1/8"})
	t.add(row{what: "`pods list -A -o json`", ours: json, peerName: "`kubectl get pods -A -o json`", peer: kubectlJSON, bar: "time 1/15, memory 1/15"})
	return nil
}
