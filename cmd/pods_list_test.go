package cmd

import (
	"testing"
	"time"
)

// TestPodsListByTheServersClock holds that a wrong clock of the operator's makes no pod
// older than it is.
func TestPodsListByTheServersClock(t *testing.T) {
	t.Parallel()
	b := newBinder(t)
	b.pod("old", 7*time.Hour)
	b.pod("young", 2*time.Hour)
	b.ahead = 5 * time.Hour
	b.run(t.Context(), "pods", "list", "--older-than", "6h", "-o", "jsonpath={.at} {.items[*].name} {.items[*].ageSeconds}").exits(exitOK).
		prints("2026-03-01T12:00:00Z old 25200\n")
	b.run(t.Context(), "pods", "list", "--group-by", "age", "-o", "jsonpath={.items[*].value}").exits(exitOK).prints("2h-4h 6h-12h\n")
	b.run(t.Context(), "pods", "cull", "--older-than", "6h", "--dry-run").exits(exitFailed).says("differs from the server's by 5h0m0s")
}
