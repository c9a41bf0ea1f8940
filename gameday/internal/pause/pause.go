// Package pause lets time pass.
package pause

import (
	"context"
	"time"
)

// For waits for so long, and says whether it could: ctx may end first.
func For(ctx context.Context, span time.Duration) bool {
	timer := time.NewTimer(span)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
