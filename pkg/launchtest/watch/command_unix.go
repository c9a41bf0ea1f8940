//go:build unix

package watch

import (
	"context"
	"os/exec"
	"syscall"
)

// shell is a line of shell in a process group of its own: a Ctrl-C is not meant
// for it, and when it is killed, so is what it has started.
func shell(ctx context.Context, line string) *exec.Cmd {
	run := exec.CommandContext(ctx, "/bin/sh", "-c", line)
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	run.Cancel = func() error { return syscall.Kill(-run.Process.Pid, syscall.SIGKILL) }
	return run
}

// inert is a text that does nothing in a line of the shell: what is in a variable
// is no part of the line.
func inert(text string) string { return text }
