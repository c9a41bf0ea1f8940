package main

import "context"

// measureStatus looks at everything at once, where most is wrong: on the game day
// too-many-pods, whose Hub knows nothing of hundreds of pods. Nobody else has such
// a screen, so its peer is the longest of the looks that it is made of.
func measureStatus(ctx context.Context, c config, s *server, t *table) error {
	size, err := s.size(ctx)
	if err != nil {
		return err
	}
	look := func(args ...string) func() (cost, error) {
		return rested(func() (cost, error) { return command(ctx, c.binderctl, args...) })
	}
	costs, err := interleaved(c.runs, look("status"), look("pods", "orphans", "--settle", "0"))
	if err != nil {
		return err
	}
	t.add(row{
		what: "`status`, " + size, ours: costs[0],
		peerName: "`pods orphans --settle 0`", peer: costs[1], bar: "under 2 s",
	})
	return nil
}
