// Package orphan ends a process whose parent is gone. A supervisor that is
// killed outright cannot stop its children, so each child watches for itself.
package orphan

import "io"

// Watch calls exit once lifeline, a pipe of which the parent holds the other
// end and into which nobody writes, comes to its end. The kernel closes the
// parent's end however the parent dies.
func Watch(lifeline io.Reader, exit func()) {
	go func() {
		_, _ = io.Copy(io.Discard, lifeline)
		exit()
	}()
}
