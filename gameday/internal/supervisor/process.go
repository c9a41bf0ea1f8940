package supervisor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Spec is how to start a process, as often as it is asked for.
type Spec struct {
	Name string   `json:"name"`
	Path string   `json:"path"`
	Args []string `json:"args"`
	Env  []string `json:"env,omitempty"` // added to the supervisor's own
	Log  string   `json:"log"`           // appended to
}

// The states of a process.
const (
	Running = "running"
	Paused  = "paused"
	Stopped = "stopped" // on demand
	Exited  = "exited"  // by itself
)

// Process is what the supervisor knows of one.
type Process struct {
	Name  string    `json:"name"`
	State string    `json:"state"`
	PID   int       `json:"pid,omitempty"`
	Since time.Time `json:"since"` // when it came into this state
	Exit  string    `json:"exit,omitempty"`
	Log   string    `json:"log"`
}

// child is a process and the pipe that tells it that its parent lives.
type child struct {
	spec     Spec
	status   Process
	command  *exec.Cmd
	lifeline io.Closer
	gone     chan struct{}
}

// spawn starts the process with alive, the locked file by which others see that
// something of this game day still runs.
func spawn(spec Spec, alive *os.File, now time.Time) (*child, error) {
	log, err := os.OpenFile(spec.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	defer log.Close()

	// The supervisor's own signals and deadlines do not end it: stop does.
	command := exec.CommandContext(context.Background(), spec.Path, spec.Args...)
	command.Env = append(os.Environ(), spec.Env...)
	command.Stdout, command.Stderr = log, log
	command.ExtraFiles = []*os.File{alive}
	command.SysProcAttr = dieWithParent()
	lifeline, err := command.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	return &child{
		spec:     spec,
		status:   Process{Name: spec.Name, State: Running, PID: command.Process.Pid, Since: now, Log: spec.Log},
		command:  command,
		lifeline: lifeline,
		gone:     make(chan struct{}),
	}, nil
}

// kill ends the process as a crash would. Nothing it holds is worth a farewell:
// etcd's data is in the page cache, the others keep none.
func (c *child) kill() {
	_ = c.command.Process.Kill()
}

func (c *child) signal(signal syscall.Signal) error {
	if err := c.command.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal %s: %w", c.spec.Name, err)
	}
	return nil
}
