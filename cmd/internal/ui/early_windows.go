package ui

import "golang.org/x/sys/windows"

// forgetTyped drops what a console has and nobody has read.
func forgetTyped(console uintptr) {
	_ = windows.FlushConsoleInputBuffer(windows.Handle(console))
}
