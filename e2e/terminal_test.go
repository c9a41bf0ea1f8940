package e2e

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// terminal is a binderctl on a terminal of its own.
type terminal struct {
	t       *testing.T
	running *running
	pty     *os.File
	ended   chan struct{}

	mu     sync.Mutex
	screen bytes.Buffer
}

func startOnTerminal(t *testing.T, o *operator, args ...string) *terminal {
	t.Helper()
	term := &terminal{t: t, running: &running{t: t, operator: o, command: o.command(t, args...)}, ended: make(chan struct{})}
	file, err := pty.StartWithSize(term.running.command, &pty.Winsize{Rows: 40, Cols: 200})
	if err != nil {
		t.Fatal(err)
	}
	term.pty = file
	t.Cleanup(func() {
		_ = term.running.command.Process.Kill()
		_ = file.Close()
	})
	go func() {
		defer close(term.ended)
		chunk := make([]byte, 4096)
		for {
			n, err := file.Read(chunk)
			term.mu.Lock()
			term.screen.Write(chunk[:n])
			term.mu.Unlock()
			if err != nil { // the other end is closed
				return
			}
		}
	}()
	return term
}

// shown is what came on the screen so far.
func (term *terminal) shown() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.screen.String()
}

// until waits until the screen shows something.
func (term *terminal) until(pattern string) {
	term.t.Helper()
	wanted := regexp.MustCompile(pattern)
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !wanted.MatchString(term.shown()) {
		select {
		case <-tick.C:
		case <-term.ended:
			if !wanted.MatchString(term.shown()) {
				term.t.Fatalf("binderctl ended without showing %q:\n%s", pattern, term.shown())
			}
		case <-deadline:
			term.t.Fatalf("waited in vain for %q:\n%s", pattern, term.shown())
		}
	}
}

// types presses keys.
func (term *terminal) types(keys string) {
	term.t.Helper()
	if _, err := term.pty.WriteString(keys); err != nil {
		term.t.Fatal(err)
	}
}

// exits waits for the end and checks the exit code.
func (term *terminal) exits(code int) {
	term.t.Helper()
	_ = term.running.command.Wait()
	<-term.ended
	term.running.operator.checkSecrets(term.t, term.shown())
	if got := term.running.command.ProcessState.ExitCode(); got != code {
		term.t.Fatalf("exit code is %d, want %d; the screen:\n%s", got, code, term.shown())
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
		term := startOnTerminal(t, p.operator, "pods", "cull", "--older-than", policy)
		term.until(question)
		term.types(answer)
		term.exits(code)
	}
	// A few pods: yes or no.
	const few = `delete 10 pods in namespace \S+ of \S+\? \[y/N\] $`
	for _, no := range []string{"n\n", "\n", "x\n", "\x04", ctrlC} {
		answers("4h", few, no, 130)
	}
	// More than half of the users: the namespace, to the letter.
	const many = `cuts off 100% of the users: delete 40 pods\? Type \S+ to go ahead: $`
	for _, no := range []string{"y\n", "yes\n", "prod\n", strings.ToUpper(p.namespace) + "\n", "\n", ctrlC} {
		answers("30m", many, no, 130)
	}
	p.lostOnly(t, before, p.namespace, nil)
	p.journalEvents(t)

	answers("4h", few, "y\n", 0)
	p.lostOnly(t, before, p.namespace, oldest[:10])
	answers("30m", `Type \S+ to go ahead: $`, p.namespace+"\n", 0)
	p.lostOnly(t, before, p.namespace, oldest)
	p.journalEvents(t, "begin", "end", "begin", "end")
}
