package supervisor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Leash holds a supervisor that this process started. Until Detach, the
// supervisor and all its children end with this process.
type Leash struct {
	starter io.WriteCloser
}

// Detach lets the supervisor outlive this process.
func (l *Leash) Detach() error {
	if _, err := fmt.Fprintln(l.starter, detach); err != nil {
		return fmt.Errorf("detach supervisor: %w", err)
	}
	return l.starter.Close()
}

// Drop ends the supervisor and all its children.
func (l *Leash) Drop() {
	_ = l.starter.Close()
}

// Launch starts a supervisor, by the command line given, in a session of its
// own, so that a Ctrl-C at this terminal does not reach it, and returns once it
// answers.
func Launch(command *exec.Cmd, log string) (*Leash, error) {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start supervisor: %w", err)
	}
	defer file.Close()
	command.Stderr = file
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start supervisor: %w", err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start supervisor: %w", err)
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start supervisor: %w", err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != ready+"\n" {
		_ = command.Wait()
		return nil, fmt.Errorf("start supervisor: it ended at once; its log is %s", log)
	}
	return &Leash{starter: stdin}, nil
}

// End ends whatever runs of the game day in dir and waits until nothing does.
// A supervisor that does not answer is killed; its children go with it.
func End(ctx context.Context, dir, socket string) error {
	const patience = 10 * time.Second
	polite, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := NewClient(socket).shutdown(polite); err == nil && gone(polite, dir) == nil {
		return nil
	}
	number, err := pid(dir)
	if err != nil {
		return err
	}
	if number != 0 {
		if err := syscall.Kill(number, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("kill supervisor: %w", err)
		}
	}
	last, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return gone(last, dir)
}

// gone waits until no process of the game day in dir is left.
func gone(ctx context.Context, dir string) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		alive, err := Alive(dir)
		if err != nil || !alive {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for the processes in %s to end: %w", dir, ctx.Err())
		}
	}
}

// Gone waits until nothing of the game day in dir runs.
func Gone(ctx context.Context, dir string) error {
	return gone(ctx, dir)
}
