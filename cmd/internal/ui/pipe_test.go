package ui

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
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

// TestSignals runs this test as a program of its own, whose output nobody reads:
// with the signal asked for, as IsBrokenPipe advises main, writing fails; without
// it the program dies.
func TestSignals(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there are no signals")
	}
	if mode := os.Getenv("UI_TEST_PIPE"); mode != "" {
		writeIntoClosedPipe(mode)
	}
	for mode, want := range map[string]string{
		"asked for": "broken pipe",
		"left":      "killed by broken pipe",
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSignals$")
		cmd.Env = append(os.Environ(), "UI_TEST_PIPE="+mode)
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		var said strings.Builder
		cmd.Stdout, cmd.Stderr = w, &said
		err = cmd.Run()
		w.Close()
		got := strings.TrimSpace(said.String())
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
				got = "killed by " + status.Signal().String()
			}
		}
		equal(t, got, want)
	}
}

func writeIntoClosedPipe(mode string) {
	if mode == "asked for" {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	}
	term := NewTerminal(Streams{Out: os.Stdout, Err: os.Stderr})
	err := term.write(func(w output) error { return w.WriteByte('x') })
	if IsBrokenPipe(err) {
		fmt.Fprintln(os.Stderr, "broken pipe")
	}
	os.Exit(0)
}
