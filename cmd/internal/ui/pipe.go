package ui

import (
	"errors"
	"io"
	"runtime"
	"syscall"
)

// IsBrokenPipe tells whether err means nothing but that the reader of our output
// has gone, as head does after ten lines. It is false for an error that has
// joined to it something else that went wrong: a cull whose report could not be
// written may have failed as well.
//
// By default a Go program dies of SIGPIPE the moment it writes to a closed
// stdout. That is well for a list, but a cull would die between deleting pods
// and writing its journal. So main must let the write fail instead:
//
//	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
//
// (not signal.Ignore, which credential plugins run by client-go would inherit),
// and when what a command returns is a broken pipe, say nothing and exit 0: the
// reader got all that it wanted.
func IsBrokenPipe(err error) bool {
	switch e := err.(type) { //nolint:errorlint // walks the tree itself, since every branch of it must agree
	case nil:
		return false
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			if !IsBrokenPipe(part) {
				return false
			}
		}
		return len(e.Unwrap()) > 0
	case interface{ Unwrap() error }:
		return IsBrokenPipe(e.Unwrap())
	case syscall.Errno:
		// Windows has two other names for it, and its syscall package none.
		return errors.Is(e, syscall.EPIPE) || runtime.GOOS == "windows" && (e == 109 || e == 232)
	default:
		return errors.Is(err, io.ErrClosedPipe)
	}
}
