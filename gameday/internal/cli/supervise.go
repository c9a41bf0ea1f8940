package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/supervisor"
)

// supervise is the whole life of a supervisor's process, which up starts.
func supervise(dir, socket string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := supervisor.Serve(ctx, dir, socket, os.Stdin, os.Stdout, time.Now); err != nil {
		fmt.Fprintln(os.Stderr, "gameday:", err)
		return exitFailed
	}
	return 0
}
