// Package supervisor keeps the processes of a game day: it starts, stops,
// pauses and resumes them, and when it ends, however it ends, so do they.
package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Supervisor owns the child processes. Its methods are safe for concurrent use.
type Supervisor struct {
	locks  []*os.File // held for as long as it lives
	alive  *os.File   // the one of them that children hold too
	now    func() time.Time
	spawns chan func()

	mu       sync.Mutex
	children map[string]*child
	order    []string
}

// New locks dir for this process and returns its supervisor.
func New(dir string, now func() time.Time) (*Supervisor, error) {
	own, err := lock(filepath.Join(dir, supervisorLock))
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintln(own, os.Getpid()); err != nil {
		return nil, fmt.Errorf("write supervisor's pid: %w", err)
	}
	alive, err := lock(filepath.Join(dir, processesLock))
	if err != nil {
		return nil, err
	}
	s := &Supervisor{
		locks: []*os.File{own, alive}, alive: alive,
		now: now, spawns: make(chan func()), children: map[string]*child{},
	}
	go s.spawnOnOneThread()
	return s, nil
}

// spawnOnOneThread starts all children from one thread that never ends: the
// kernel's notion of a dead parent is the end of the thread that forked.
func (s *Supervisor) spawnOnOneThread() {
	runtime.LockOSThread()
	for spawn := range s.spawns {
		spawn()
	}
}

// Start starts a process under a name that none running has.
func (s *Supervisor) Start(spec Spec) (Process, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.children[spec.Name]; ok && old.running() {
		return old.status, fmt.Errorf("start %s: it is %s already", spec.Name, old.status.State)
	}
	var started *child
	var err error
	done := make(chan struct{})
	s.spawns <- func() {
		defer close(done)
		started, err = spawn(spec, s.alive, s.now())
	}
	<-done
	if err != nil {
		return Process{}, err
	}
	if _, known := s.children[spec.Name]; !known {
		s.order = append(s.order, spec.Name)
	}
	s.children[spec.Name] = started
	go s.reap(started)
	return started.status, nil
}

// reap waits for a child's end and notes whether it was wanted.
func (s *Supervisor) reap(c *child) {
	err := c.command.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.status.State != Stopped {
		c.status.State = Exited
		c.status.Exit = "exit status 0"
		if err != nil {
			c.status.Exit = err.Error()
		}
	}
	c.status.PID = 0
	c.status.Since = s.now()
	close(c.gone)
}

// Restart starts a process again as it was started before.
func (s *Supervisor) Restart(name string) (Process, error) {
	c, err := s.find(name)
	if err != nil {
		return Process{}, err
	}
	return s.Start(c.spec)
}

// Stop kills a process and waits until it is gone. One that is gone is fine.
func (s *Supervisor) Stop(ctx context.Context, name string) (Process, error) {
	c, err := s.find(name)
	if err != nil {
		return Process{}, err
	}
	s.mu.Lock()
	if c.running() {
		c.status.State = Stopped
		c.kill()
	}
	s.mu.Unlock()
	select {
	case <-c.gone:
	case <-ctx.Done():
		return Process{}, fmt.Errorf("stop %s: %w", name, ctx.Err())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.status, nil
}

// Pause freezes a process where it stands, Resume lets it go on.
func (s *Supervisor) Pause(name string) (Process, error) {
	return s.switchTo(name, Running, Paused, syscall.SIGSTOP)
}

// Resume lets a paused process go on.
func (s *Supervisor) Resume(name string) (Process, error) {
	return s.switchTo(name, Paused, Running, syscall.SIGCONT)
}

func (s *Supervisor) switchTo(name, from, to string, signal syscall.Signal) (Process, error) {
	c, err := s.find(name)
	if err != nil {
		return Process{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch c.status.State {
	case to:
		return c.status, nil
	case from:
	default:
		return c.status, fmt.Errorf("signal %s: it is %s", name, c.status.State)
	}
	if err := c.signal(signal); err != nil {
		return c.status, err
	}
	c.status.State, c.status.Since = to, s.now()
	return c.status, nil
}

// Processes lists all that were ever started, in that order.
func (s *Supervisor) Processes() []Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	processes := make([]Process, 0, len(s.order))
	for _, name := range s.order {
		processes = append(processes, s.children[name].status)
	}
	return processes
}

// StopAll kills everything, the last started first, and waits for its end.
func (s *Supervisor) StopAll(ctx context.Context) error {
	var errs []error
	processes := s.Processes()
	for i := range processes {
		_, err := s.Stop(ctx, processes[len(processes)-1-i].Name)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (s *Supervisor) find(name string) (*child, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.children[name]
	if !ok {
		return nil, fmt.Errorf("find component: there is no %q; there are %v", name, s.order)
	}
	return c, nil
}

func (c *child) running() bool {
	return c.status.State == Running || c.status.State == Paused
}
