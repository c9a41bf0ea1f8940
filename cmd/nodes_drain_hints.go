package cmd

import (
	"time"

	"github.com/binderctl/binderctl/pkg/nodes"
	"github.com/binderctl/binderctl/pkg/pods"
)

// keepDeadline is the command that cuts off who is left when a deadline is up
// that was given to one who has stopped.
func keepDeadline(drained []drainedNode, deadline, now time.Time) []string {
	users := string(nodes.UsersEvict)
	if left := deadline.Sub(now).Truncate(time.Second); left > 0 {
		users = deadlinePrefix + pods.Age(left).String()
	}
	return append(append([]string{"nodes", "drain"}, nodeNamesOf(drained)...), "--users", users)
}

// drainHint says what helps pods to leave that could not: the same again, unless
// that would never do.
func drainHint(outcome nodes.DrainReport, again string) string {
	dead, sick, guarded := outcome.OnDeadNodes(), outcome.GuardedUnready(), outcome.Counts()[nodes.Blocked]
	switch {
	case sick > 0:
		return "pods that the budget guards are themselves not ready, so it may never allow it: delete them, or set unhealthyPodEvictionPolicy: AlwaysAllow in the budget; then " + again
	case dead > 0:
		return "nothing ends on a node whose kubelet is silent: once you know that it is off, drain it with --force, which removes the records"
	case guarded > 0:
		return "when the budget allows it, " + again
	default:
		return again
	}
}
