package e2e

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// terminal is a binderctl on a terminal of its own.
type terminal struct {
	t       *testing.T
	running *running
	pty     *os.File
	before  *term.State // of the terminal
	ended   chan struct{}

	mu      sync.Mutex
	written bytes.Buffer
	display *display
}

func startOnTerminal(t *testing.T, o *operator, args ...string) *terminal {
	t.Helper()
	file, theirs, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	on := &terminal{
		t: t, running: &running{t: t, operator: o, command: o.command(t, args...)},
		pty: file, ended: make(chan struct{}), display: newDisplay(1, 1),
	}
	on.resize(40, 200)
	if on.before, err = term.GetState(int(file.Fd())); err != nil {
		t.Fatal(err)
	}
	command := on.running.command
	command.Stdin, command.Stdout, command.Stderr = theirs, theirs, theirs
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = command.Start()
	_ = theirs.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = file.Close()
	})
	go on.read()
	return on
}

func (on *terminal) read() {
	defer close(on.ended)
	chunk := make([]byte, 4096)
	for {
		n, err := on.pty.Read(chunk)
		on.mu.Lock()
		on.written.Write(chunk[:n])
		_, _ = on.display.Write(chunk[:n])
		on.mu.Unlock()
		if err != nil { // the other end is closed
			return
		}
	}
}

// resize makes the window larger or smaller.
func (on *terminal) resize(rows, cols int) {
	on.t.Helper()
	on.mu.Lock()
	defer on.mu.Unlock()
	if err := pty.Setsize(on.pty, &pty.Winsize{Rows: uint16(rows), Cols: uint16(cols)}); err != nil {
		on.t.Fatal(err)
	}
	on.display.resize(rows, cols)
}

// shown is all that was written so far.
func (on *terminal) shown() string {
	on.mu.Lock()
	defer on.mu.Unlock()
	return on.written.String()
}

// screen is what stands on the screen now.
func (on *terminal) screen() string {
	on.mu.Lock()
	defer on.mu.Unlock()
	return strings.Join(on.display.lines(), "\n")
}

// until waits until something was written.
func (on *terminal) until(pattern string) {
	on.t.Helper()
	on.waits(pattern, on.shown)
}

// stands waits until something stands on the screen.
func (on *terminal) stands(pattern string) {
	on.t.Helper()
	on.waits(pattern, on.screen)
}

func (on *terminal) waits(pattern string, seen func() string) {
	on.t.Helper()
	wanted := regexp.MustCompile(pattern)
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !wanted.MatchString(seen()) {
		select {
		case <-tick.C:
		case <-on.ended:
			if !wanted.MatchString(seen()) {
				on.t.Fatalf("binderctl ended without showing %q:\n%s", pattern, seen())
			}
		case <-deadline:
			on.t.Fatalf("waited in vain for %q:\n%s", pattern, seen())
		}
	}
}

// types presses keys.
func (on *terminal) types(keys string) {
	on.t.Helper()
	if _, err := on.pty.WriteString(keys); err != nil {
		on.t.Fatal(err)
	}
}

// isAsBefore holds that nothing is left on the terminal of a program that drew all
// of it.
func (on *terminal) isAsBefore() {
	on.t.Helper()
	after, err := term.GetState(int(on.pty.Fd()))
	if err != nil {
		on.t.Fatal(err)
	}
	d := on.display // nobody writes to it any more
	if *after != *on.before || d.alternate || d.hidden || len(d.strange) > 0 {
		on.t.Errorf("its settings are as before: %v; on the other screen: %v; without a cursor: %v; was told %q",
			*after == *on.before, d.alternate, d.hidden, d.strange)
	}
}

// exits waits for the end and checks the exit code.
func (on *terminal) exits(code int) {
	on.t.Helper()
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = on.running.command.Wait()
		<-on.ended // all that it wrote was read
	}()
	select {
	case <-over:
	case <-time.After(patience):
		on.t.Fatalf("binderctl has not ended in %s; on the screen:\n%s", patience, on.screen())
	}
	on.running.operator.checkSecrets(on.t, on.shown())
	if got := on.running.command.ProcessState.ExitCode(); got != code {
		on.t.Fatalf("exit code is %d, want %d; the screen:\n%s", got, code, on.shown())
	}
}

const ctrlC = "\x03"

// The question before a change, and the answers to it.
func TestPrompts(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, `
userPods:
- {count: 10, age: 5h-9h}
- {count: 30, age: 1h-2h}
`)
	before := p.everything(t)
	oldest := byAge(t, p)
	answers := func(policy, question, answer string, code int) {
		t.Helper()
		on := startOnTerminal(t, p.operator, "pods", "cull", "--older-than", policy)
		on.until(question)
		on.types(answer)
		on.exits(code)
	}
	// A few pods: yes or no.
	const few = `delete 10 pods in namespace \S+ of \S+\? \[y/N\] $`
	for _, no := range []string{"n\n", "\n", "x\n", "\x04", ctrlC} {
		answers("4h", few, no, 130)
	}
	// More than half of the users: the namespace, to the letter.
	const many = `cuts off 100% of the users: delete 40 pods\? Type \S+ to go ahead: $`
	for _, no := range []string{"\n", "n\n", ctrlC} {
		answers("30m", many, no, 130)
	}
	// Another word is a slip, of which some are forgiven.
	for _, slip := range []string{"y\n", "yes\n", "prod\n", strings.ToUpper(p.namespace) + "\n"} {
		on := startOnTerminal(t, p.operator, "pods", "cull", "--older-than", "30m")
		for question := `Type \S+ to go ahead: `; strings.Count(question, "Type") <= 3; question += `.*Type \S+ to go ahead: ` {
			on.until(`(?s)` + question + `$`)
			on.types(slip)
		}
		on.exits(130)
	}
	p.lostOnly(t, before, p.namespace, nil)
	p.journalEvents(t)

	answers("4h", few, "y\n", 0)
	p.lostOnly(t, before, p.namespace, oldest[:10])
	answers("30m", `Type \S+ to go ahead: $`, p.namespace+"\n", 0)
	p.lostOnly(t, before, p.namespace, oldest)
	p.journalEvents(t, "begin", "end", "begin", "end")
}
