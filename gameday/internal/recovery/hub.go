package recovery

import (
	"context"
	"fmt"

	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// hubKnows judges whether the Hub knows its pods, by what the Hub's own process
// tells of its memory. A Hub that does not run knows nothing.
func (s *Sight) hubKnows(ctx context.Context, limit scenario.HubLimit) (bool, string) {
	judgement, err := s.hub.Judge(ctx)
	if err != nil {
		return false, err.Error()
	}
	within := func(count int, atMost *int) bool { return atMost == nil || count <= *atMost }
	holds := within(judgement.Orphans, limit.OrphansAtMost) && within(judgement.Ghosts, limit.GhostsAtMost) &&
		within(judgement.Stuck, limit.StuckAtMost) && judgement.Lives && (judgement.Sees || !limit.Sees)
	sight := "it sees its pods"
	if !judgement.Sees {
		sight = "it sees no change of its pods"
	}
	if !judgement.Lives {
		sight = "nobody answers"
	}
	return holds, fmt.Sprintf("%d servers, %d orphans, %d ghosts, %d stuck, %s",
		judgement.Servers, judgement.Orphans, judgement.Ghosts, judgement.Stuck, sight)
}
