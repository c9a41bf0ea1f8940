package runbook

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sync"
)

// Transcript is a Markdown file of all that was shown during a walk, to attach
// to a report. Only its owner can read it. Writing to it may happen from several
// goroutines. The zero Transcript keeps nothing.
type Transcript struct {
	mu     sync.Mutex
	file   *os.File
	fenced bool // within a block of code
}

// OpenTranscript opens the file at path, to go on at its end.
func OpenTranscript(path string) (*Transcript, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open transcript: %w", err)
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open transcript: %w", err)
	}
	return &Transcript{file: file}, nil
}

// Path is where the transcript is; "" if it keeps nothing.
func (t *Transcript) Path() string {
	if t.file == nil {
		return ""
	}
	return t.file.Name()
}

// fence is longer than any that a command writes.
const fence = "~~~~~~~~"

// escapes are the codes by which a terminal colours.
var escapes = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")

// Write adds what was shown, as it was shown but for its colours.
func (t *Transcript) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil {
		return len(text), nil
	}
	if !t.fenced {
		t.fenced = true
		if _, err := io.WriteString(t.file, fence+"text\n"); err != nil {
			return 0, fmt.Errorf("write transcript: %w", err)
		}
	}
	if _, err := t.file.Write(escapes.ReplaceAll(text, nil)); err != nil {
		return 0, fmt.Errorf("write transcript: %w", err)
	}
	return len(text), nil
}

// Remark adds a piece of Markdown of its own, such as a heading.
func (t *Transcript) Remark(markdown string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil {
		return nil
	}
	if t.fenced {
		t.fenced = false
		markdown = fence + "\n\n" + markdown
	}
	if _, err := io.WriteString(t.file, markdown+"\n\n"); err != nil {
		return fmt.Errorf("write transcript: %w", err)
	}
	return nil
}

// Close ends the transcript.
func (t *Transcript) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil {
		return nil
	}
	if t.fenced {
		_, _ = io.WriteString(t.file, fence+"\n")
	}
	return t.file.Close()
}
