//go:build unix

package ui

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// TestSignals runs this test as a program of its own, whose output nobody reads:
// with the signal asked for, as IsBrokenPipe advises main, writing fails; without
// it the program dies.
func TestSignals(t *testing.T) {
	t.Parallel()
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
