package realhub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"time"
)

// leash becomes a program that ends when its stdin does: however this test ends,
// also if it is killed, nothing keeps running. What watches over the program is
// of its process group; a program that does not heed SIGTERM is killed after ten
// seconds.
const leash = `exec 3<&0
{
  trap '' TERM
  cat <&3
  kill -TERM -$$
  i=0; while kill -0 $$ && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done
  kill -KILL -$$
} >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-`

// linger is how long what the program left behind may hold its output open.
const linger = 2 * time.Second

// process is a program that runs on a leash.
type process struct {
	command *exec.Cmd
	hand    io.Closer     // holds the leash
	ended   chan struct{} // closed when it has ended and all it said was read
	err     error         // how it ended
}

// startProcess starts a program; each line it writes is handed over.
func startProcess(folder string, environment []string, line func(string), program string, args ...string) (*process, error) {
	// Not ended by a context: the leash does that, with all its children.
	command := exec.CommandContext(context.Background(), "sh", append([]string{"-c", leash, "leash", program}, args...)...)
	command.Dir, command.Env = folder, environment
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // and so a process group, which no Ctrl-C reaches
	command.WaitDelay = linger
	hand, err := command.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	output := &lines{hand: line}
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	p := &process{command: command, hand: hand, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		p.err = command.Wait()
		// What the program left behind, and what watched over it.
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
	}()
	return p, nil
}

// stop ends the program and returns when it has ended, as have its children.
func (p *process) stop() error {
	_ = p.hand.Close()
	<-p.ended
	if _, ended := errors.AsType[*exec.ExitError](p.err); ended {
		return nil // it was told to
	}
	return p.err
}

// lines hands on, line by line, what is written to it.
type lines struct {
	hand func(string)
	rest []byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		l.hand(string(line))
		l.rest = rest
	}
}
