package ui

import (
	"io"
	"sync"
)

// eraseLine returns the cursor to the start of its line and empties the line.
const eraseLine = "\r\x1b[K"

// screen is what a terminal shows at the bottom. It keeps at most one line that
// will be redrawn, and lets other text pass above it.
type screen struct {
	mu   sync.Mutex
	err  io.Writer
	live string // the line being redrawn, or empty
	open bool   // the last text ended within a line, which must not be erased
}

// draw shows a line in place of the last one drawn; an empty one removes it.
// The caller holds the lock.
func (s *screen) draw(line string) {
	if s.open {
		s.live = line
		return
	}
	if line != "" || s.live != "" {
		_, _ = io.WriteString(s.err, eraseLine+line)
	}
	s.live = line
}

// pass writes text that is to stay, above the line being redrawn.
// The caller holds the lock.
func (s *screen) pass(to io.Writer, text []byte) (int, error) {
	if s.live != "" && !s.open {
		_, _ = io.WriteString(s.err, eraseLine)
	}
	n, err := to.Write(text)
	s.open = text[len(text)-1] != '\n'
	if s.live != "" && !s.open {
		_, _ = io.WriteString(s.err, s.live)
	}
	return n, err
}

// closed notes that the operator ended the line, by answering a question.
func (s *screen) closed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = false
}

// screenWriter is a stream that shares a screen with the line being redrawn. It
// may be used concurrently.
type screenWriter struct {
	screen  *screen
	to      io.Writer
	visible bool // the stream is a terminal, so its text appears on the screen
}

// Write passes text on, without mixing it with the line being redrawn.
func (w screenWriter) Write(text []byte) (int, error) {
	w.screen.mu.Lock()
	defer w.screen.mu.Unlock()
	if !w.visible || len(text) == 0 {
		return w.to.Write(text)
	}
	return w.screen.pass(w.to, text)
}
