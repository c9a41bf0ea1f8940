package ui

import "golang.org/x/sys/unix"

// forgetTyped drops what a terminal has and nobody has read.
func forgetTyped(terminal uintptr) {
	const read = 1 // FREAD of sys/fcntl.h: what comes from the keyboard
	_ = unix.IoctlSetPointerInt(int(terminal), unix.TIOCFLUSH, read)
}
