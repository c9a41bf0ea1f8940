package ui

import (
	"bytes"
	"io"
	"sync"
)

// Within returns the terminal of a command that runs within another one. What it
// would write to stdout is said on the way, to Err, as the answer is the outer
// command's: so many lines of it, for it is not what was asked for. All that it
// writes, but for the progress that is redrawn, is copied to record. The function
// that comes with it says, once the command is over, how many lines were left out.
func (t *Terminal) Within(record io.Writer, lines int) (within *Terminal, leftOut func() int) {
	both := io.MultiWriter(t.Err, record)
	out := &beginning{to: t.Err, room: lines}
	return &Terminal{
		In: t.In, Out: io.MultiWriter(record, out), Err: both,
		InTTY: t.InTTY, OutTTY: t.ErrTTY, ErrTTY: t.ErrTTY,
		OutStyle: t.ErrStyle, ErrStyle: t.ErrStyle,
		getenv: t.getenv, now: t.now, columns: t.columns,
		unicode: t.unicode, redraws: t.redraws, quiet: t.quiet,
		screen: t.screen, answers: t.answers,
	}, out.leftOut
}

// beginning passes on the first lines that are written to it, and counts the
// others.
type beginning struct {
	mu   sync.Mutex
	to   io.Writer
	room int
	more int
}

func (b *beginning) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for line := range bytes.Lines(text) {
		whole := line[len(line)-1] == '\n'
		if b.room <= 0 {
			if whole {
				b.more++
			}
			continue
		}
		if _, err := b.to.Write(line); err != nil {
			return 0, err
		}
		if whole {
			b.room--
		}
	}
	return len(text), nil
}

func (b *beginning) leftOut() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.more
}

// Aside returns the terminal of a command that runs where nobody sees it: its
// answer goes to out, what it says on the way is lost, and nobody can be asked.
func (t *Terminal) Aside(out io.Writer) *Terminal {
	return NewTerminal(Streams{
		In: nothing{}, Out: out, Err: io.Discard, Getenv: t.getenv, Now: t.now,
		IsTTY: func(any) bool { return false }, Columns: func() int { return 0 },
	})
}

// nothing is an input that has ended.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }
