package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// ErrDeclined means that the operator was asked and did not say yes. Nothing
// was changed.
var ErrDeclined = errors.New("declined, so nothing was changed")

// ErrCannotAsk means that a question was due and there is nobody to ask. It is
// a usage error.
var ErrCannotAsk = errors.New("cannot ask for confirmation without a terminal: pass --yes to go ahead")

// maxAnswer is the longest answer read: no question has one that long.
const maxAnswer = 1024

// Confirm asks a question that is answered by yes or no, and returns nil if the
// answer is yes. It returns ErrDeclined for any other answer, even none at all;
// ErrCannotAsk if stdin or stderr is not a terminal; and the context's error as
// soon as the context ends, though the operator has not answered.
func (t *Terminal) Confirm(ctx context.Context, question string) error {
	answer, err := t.ask(ctx, t.folded(0, Clean(question)+" [y/N]")+" ")
	if err != nil {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	default:
		return ErrDeclined
	}
}

// maxSlips is how often the word is asked for: a tired hand types y out of habit,
// and whoever types something else three times does not mean it.
const maxSlips = 3

// ConfirmTyping is Confirm for the gravest changes: the answer must be the given
// word, to the letter. After another one it asks again, so that a slip does not
// cost the plan that was just read; n or an empty line declines at once.
func (t *Terminal) ConfirmTyping(ctx context.Context, question, word string) error {
	word = Clean(word)
	for range maxSlips {
		prompt := t.folded(0, fmt.Sprintf("%s Type %s to go ahead:", Clean(question), word))
		bold := fmt.Sprintf("Type %s to", t.ErrStyle.Bold(word))
		answer, err := t.ask(ctx, strings.Replace(prompt, fmt.Sprintf("Type %s to", word), bold, 1)+" ")
		if err != nil {
			return err
		}
		switch {
		case answer == "":
			return ErrDeclined
		case answer == word:
			return nil
		case strings.EqualFold(answer, "n"), strings.EqualFold(answer, "no"):
			return ErrDeclined
		}
		question = fmt.Sprintf("That is not %s; an empty line declines.", word)
	}
	return fmt.Errorf("that is not %s: %w", word, ErrDeclined)
}

// ask shows a prompt and returns the line that is typed after it.
func (t *Terminal) ask(ctx context.Context, prompt string) (string, error) {
	if !t.InTTY || !t.ErrTTY {
		return "", ErrCannotAsk
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	dropEarly(t.In)
	pending := t.answers.next(t.In)
	if _, err := io.WriteString(t.Err, prompt); err != nil {
		return "", err
	}
	select {
	case answer := <-pending:
		t.answers.taken()
		t.screen.closed()
		if answer.err != nil {
			_, _ = io.WriteString(t.Err, "\n")
			return "", fmt.Errorf("%w (%w)", ErrDeclined, answer.err)
		}
		return answer.line, nil
	case <-ctx.Done():
		_, _ = io.WriteString(t.Err, "\n")
		return "", ctx.Err()
	}
}

// answer is a line that was typed, or why there is none.
type answer struct {
	line string
	err  error
}

// answers reads lines for questions. A read cannot be interrupted, so one whose
// question was cancelled stays behind, and the next question takes it over:
// otherwise two would compete for the same line.
type answers struct {
	mu      sync.Mutex
	pending chan answer
}

// next returns where the next line typed from now on will arrive.
func (a *answers) next(in io.Reader) <-chan answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.pending != nil {
		select {
		case <-a.pending: // typed before the question, so no answer to it
		default:
			return a.pending
		}
	}
	pending := make(chan answer, 1)
	a.pending = pending
	go func() {
		line, err := readLine(in)
		pending <- answer{line, err}
	}()
	return pending
}

// taken notes that the line has been used.
func (a *answers) taken() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pending = nil
}

// readLine reads one line and not a byte more, so that what follows on stdin
// remains for others. A line that the input ends within is no answer.
func readLine(in io.Reader) (string, error) {
	var line []byte
	for one := make([]byte, 1); len(line) < maxAnswer; {
		n, err := in.Read(one)
		if n > 0 && one[0] == '\n' {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
		line = append(line, one[:n]...)
		if err != nil {
			return "", err
		}
	}
	return "", errors.New("answer too long")
}
