package main

import "context"

// measureOrphans compares every pod with what the Hub knows. Most of it is what
// the Hub takes to tell, in pages of 200.
func measureOrphans(ctx context.Context, c config, s *server, t *table) error {
	size, err := s.size(ctx)
	if err != nil {
		return err
	}
	costs, err := interleaved(c.runs,
		rested(func() (cost, error) { return command(ctx, c.binderctl, "pods", "orphans") }),
		rested(func() (cost, error) { return s.fetchRaw(ctx) }),
	)
	if err != nil {
		return err
	}
	t.add(row{
		what: "`pods orphans`, as many servers as pods; " + size, ours: costs[0],
		peerName: "the raw list of the pods", peer: costs[1], bar: "3 s, 150 MB",
	})
	return nil
}
