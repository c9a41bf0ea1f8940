//go:build linux

package ui

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// TestAnswersAreNotTypedEarly types y before there is a question, and n once there
// is one.
func TestAnswersAreNotTypedEarly(t *testing.T) {
	t.Parallel()
	keyboard, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer keyboard.Close()
	defer tty.Close()
	hit := func(keys string) {
		if _, err := io.WriteString(keyboard, keys); err != nil {
			t.Error(err)
		}
	}
	hit("y\n")
	awaitTyped(t, tty)

	asked, prompts := io.Pipe()
	defer asked.Close()
	term := NewTerminal(Streams{In: tty, Out: io.Discard, Err: prompts, IsTTY: func(any) bool { return true }})
	answer := make(chan error, 1)
	go func() { answer <- term.Confirm(t.Context(), "Sure?") }()
	prompt := make([]byte, 80)
	n, err := asked.Read(prompt)
	if err != nil || !strings.Contains(string(prompt[:n]), "Sure? [y/N]") {
		t.Fatalf("%q, %v", prompt[:n], err)
	}
	go func() { _, _ = io.Copy(io.Discard, asked) }()
	hit("n\n")
	if err := <-answer; err == nil {
		t.Error("what was typed before the question counts as its answer")
	}
}

// awaitTyped waits until what was typed has reached the terminal.
func awaitTyped(t *testing.T, tty *os.File) {
	t.Helper()
	const limit = 60_000 // milliseconds
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(tty.Fd()), Events: unix.POLLIN}}, limit)
	if n != 1 || err != nil {
		t.Fatalf("nothing arrives: %v", err)
	}
}
