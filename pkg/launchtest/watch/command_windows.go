package watch

import (
	"context"
	"os/exec"
)

// shell is a line of Windows' own shell.
func shell(ctx context.Context, line string) *exec.Cmd {
	return exec.CommandContext(ctx, "cmd", "/c", line)
}
