package ui

import (
	"bytes"
	"io"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// epoch is when the tests happen.
var epoch = time.Date(2018, 7, 8, 12, 0, 0, 0, time.UTC)

// fixture is a Terminal on buffers, with a clock that the test moves.
type fixture struct {
	*Terminal
	out, err *syncBuffer
	clock    *clock
}

// setup says what a fixture's terminal is like. The zero value is a pipe in an
// environment of UTF-8.
type setup struct {
	tty   bool // all three streams are terminals
	width int
	env   map[string]string
	in    io.Reader
}

func newFixture(t *testing.T, s setup) *fixture {
	t.Helper()
	env := map[string]string{"LANG": "en_US.UTF-8"}
	maps.Copy(env, s.env)
	f := &fixture{out: &syncBuffer{}, err: &syncBuffer{}, clock: &clock{now: epoch}}
	streams := Streams{
		Out:     f.out,
		Err:     f.err,
		Getenv:  func(name string) string { return env[name] },
		Now:     f.clock.Now,
		IsTTY:   func(any) bool { return s.tty },
		Columns: func() int { return s.width },
	}
	if s.in != nil {
		streams.In = s.in
	}
	f.Terminal = NewTerminal(streams)
	return f
}

// clock is a clock that stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// syncBuffer is a bytes.Buffer for several goroutines.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// screenful returns what a terminal shows after the text: the lines that stayed
// and the line the cursor is on. It knows as much of terminals as the package
// uses.
func screenful(text string) []string {
	lines := []string{""}
	for i := 0; i < len(text); {
		last := len(lines) - 1
		switch {
		case len(text)-i >= len(eraseLine) && text[i:i+len(eraseLine)] == eraseLine:
			lines[last] = ""
			i += len(eraseLine)
			continue
		case text[i] == '\n':
			lines = append(lines, "")
		default:
			lines[last] += text[i : i+1]
		}
		i++
	}
	return lines
}

func equal(t *testing.T, got, want string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wrong text (-want +got):\n%s", diff)
	}
}

func equalLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("wrong lines (-want +got):\n%s", cmp.Diff(want, got))
	}
}
