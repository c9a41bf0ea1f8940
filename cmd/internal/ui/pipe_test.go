package ui

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"
)

func TestIsBrokenPipe(t *testing.T) {
	t.Parallel()
	epipe := &os.PathError{Op: "write", Path: "stdout", Err: syscall.EPIPE}
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"nothing":              {nil, false},
		"a broken pipe":        {epipe, true},
		"one of io.Pipe":       {io.ErrClosedPipe, true},
		"wrapped":              {fmt.Errorf("print pods: %w", epipe), true},
		"wrapped and joined":   {fmt.Errorf("print pods: %w", errors.Join(epipe, io.ErrClosedPipe)), true},
		"joined to a failure":  {errors.Join(boom, epipe), false},
		"the other way around": {errors.Join(epipe, boom), false},
		"wrapped with another": {fmt.Errorf("%w: %w", boom, epipe), false},
		"another":              {boom, false},
		"another errno":        {syscall.ENOSPC, false},
		"the end":              {io.EOF, false},
	} {
		if got := IsBrokenPipe(c.err); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestPrintIntoABrokenPipe(t *testing.T) {
	t.Parallel()
	for _, format := range []Format{Table, CSV, Name, JSON, YAML, "jsonpath={.items}"} {
		r, w := io.Pipe()
		r.Close()
		term := NewTerminal(Streams{Out: w, Err: io.Discard})
		rows := make([]pod, 5000) // more than a buffer holds
		err := Print(term, format, Document[pod]{Rows: rows, Columns: podColumns(), Name: func(pod) string { return "pod/x" }})
		if !IsBrokenPipe(err) {
			t.Errorf("%s: got %v, want a broken pipe", format, err)
		}
	}
}
