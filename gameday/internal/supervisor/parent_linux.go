package supervisor

import "syscall"

// dieWithParent has the kernel kill the process when the thread that started it
// ends; it reaches also a paused process, which cannot notice anything itself.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
