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
