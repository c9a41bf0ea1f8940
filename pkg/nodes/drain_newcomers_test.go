package nodes

import (
	"testing"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// Nobody is cut off whom the plan did not count, at once or at the deadline: the
// operator agreed to a number.
func TestDrainCutsOffNoMoreThanAgreed(t *testing.T) {
	t.Parallel()
	for _, users := range []UsersPolicy{UsersEvict, UsersDeadline} {
		t.Run(string(users), func(t *testing.T) {
			t.Parallel()
			rules := policy(users)
			rules.Deadline = time.Now()
			server, client, plan := drainable(t, rules, userOn("a", "agreed", time.Hour))
			for _, name := range []string{"new-1", "new-2"} {
				server.Create(userOn("a", name, time.Minute))
			}
			report := run(t, client, plan, quick())
			expectPods(t, report, "agreed: evicted", "new-1: not agreed to: came after the plan", "new-2: not agreed to: came after the plan")
			if server.Pod(clustertest.Namespace, "new-1") == nil {
				t.Error("somebody was cut off who was not in the plan")
			}
		})
	}
}
