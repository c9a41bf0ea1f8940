//go:build !linux

package supervisor

import "syscall"

// dieWithParent leaves it to the process's lifeline: only Linux can do more.
func dieWithParent() *syscall.SysProcAttr {
	return nil
}
