package nodes

import (
	"context"
	"fmt"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// NoRoomError is why nodes are not cordoned: since the plan others have been
// closed, so that these are the last of a pool.
type NoRoomError struct{ Pool ClosedPool }

// Error says which pool would be closed.
func (e *NoRoomError) Error() string {
	return fmt.Sprintf("other nodes were closed since the plan: now %s would have no node left that takes new pods", e.Pool)
}

// stillRoom calls the roll again before nodes are closed: two operators, or one
// who took long over the question, may close a pool together.
func stillRoom(ctx context.Context, c *cluster.Client, steps []Step, opts ChangeOptions) error {
	if opts.NoRoom || changes(steps) == 0 {
		return nil
	}
	all, err := callRoll(ctx, c)
	if err != nil {
		return err
	}
	closing := map[string]bool{}
	for _, step := range steps {
		if step.Change {
			closing[step.Name] = true
		}
	}
	if closed := closedPools(all, closing).Closed; len(closed) > 0 {
		return &NoRoomError{Pool: closed[0]}
	}
	return nil
}
