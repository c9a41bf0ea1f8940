package ui

import "golang.org/x/sys/unix"

// forgetTyped drops what a terminal has and nobody has read.
func forgetTyped(terminal uintptr) {
	_ = unix.IoctlSetInt(int(terminal), unix.TCFLSH, unix.TCIFLUSH)
}
