package watch

import (
	"context"
	"os/exec"
)

// shell is a line of Windows' own shell.
func shell(ctx context.Context, line string) *exec.Cmd {
	return exec.CommandContext(ctx, "cmd", "/c", line)
}

// inert is a text that does nothing in a line of the shell.
func inert(text string) string { return inertForCmd(text) }
