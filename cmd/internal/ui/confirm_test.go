package ui

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
)

func TestConfirm(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]error{
		"y\n": nil, "Y\n": nil, "yes\n": nil, " YES \r\n": nil,
		"n\n": ErrDeclined, "\n": ErrDeclined, "yeah\n": ErrDeclined, "y y\n": ErrDeclined,
		"":                               ErrDeclined,
		"y":                              ErrDeclined, // the line never ended
		strings.Repeat("y", 5000) + "\n": ErrDeclined,
	} {
		f := newFixture(t, setup{tty: true, in: strings.NewReader(typed)})
		if err := f.Confirm(t.Context(), "Delete \x1b[8m2 pods\nfrom prod?"); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%.20q: got %v, want %v", typed, err, want)
		}
		if prompt := f.err.String(); strings.TrimSuffix(prompt, "\n") != "Delete 2 pods from prod? [y/N] " {
			t.Errorf("%.20q: got prompt %q", typed, prompt)
		}
		equal(t, f.out.String(), "")
	}
}

func TestConfirmTyping(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]error{
		"prod\n": nil, "prod\r\n": nil, "\n": ErrDeclined, "n\n": ErrDeclined, "No\n": ErrDeclined, "": ErrDeclined,
	} {
		f := newFixture(t, setup{tty: true, in: strings.NewReader(typed)})
		f.Configure(Options{Color: ColorNever, Quiet: true})
		if err := f.ConfirmTyping(t.Context(), "This ends 214 sessions.", "prod"); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%q: got %v, want %v", typed, err, want)
		}
		equal(t, strings.TrimSuffix(f.err.String(), "\n"), "This ends 214 sessions. Type prod to go ahead: ")
	}
	f := newFixture(t, setup{tty: true, in: strings.NewReader("\n")})
	if err := f.ConfirmTyping(t.Context(), "Sure?", ""); !errors.Is(err, ErrDeclined) {
		t.Errorf("no word at all was typed rightly: %v", err)
	}
}

// TestConfirmTypingForgivesASlip types something else before the word.
func TestConfirmTypingForgivesASlip(t *testing.T) {
	t.Parallel()
	const first, again = "Sure? Type prod to go ahead: ", "That is not prod; an empty line declines. Type prod to go ahead: "
	for typed, want := range map[string]struct {
		err    error
		prompt string
	}{
		"y\nprod\n":           {nil, first + again},
		"Prod\nprod \nprod\n": {nil, first + again + again},
		"y\n\nprod\n":         {ErrDeclined, first + again},
		"y\nn\nprod\n":        {ErrDeclined, first + again},
		"y\nyes\npro\nprod\n": {ErrDeclined, first + again + again},
		"y\nprod":             {ErrDeclined, first + again + "\n"}, // the line never ended
	} {
		f := newFixture(t, setup{tty: true, in: strings.NewReader(typed)})
		f.Configure(Options{Color: ColorNever})
		if err := f.ConfirmTyping(t.Context(), "Sure?", "prod"); !errors.Is(err, want.err) || (err == nil) != (want.err == nil) {
			t.Errorf("%q: got %v, want %v", typed, err, want.err)
		}
		equal(t, f.err.String(), want.prompt)
	}
}

// TestQuestionsTakeOneLine asks two questions and then reads on.
func TestQuestionsTakeOneLine(t *testing.T) {
	t.Parallel()
	in := strings.NewReader("y\nprod\nthe rest")
	f := newFixture(t, setup{tty: true, in: in})
	if err := f.Confirm(t.Context(), "Sure?"); err != nil {
		t.Fatal(err)
	}
	if err := f.ConfirmTyping(t.Context(), "Quite?", "prod"); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(f.In)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, string(rest), "the rest")
}

func TestCannotAsk(t *testing.T) {
	t.Parallel()
	for name, isTTY := range map[string]func(in, err any) func(any) bool{
		"nowhere":        func(_, _ any) func(any) bool { return func(any) bool { return false } },
		"stdin is piped": func(_, err any) func(any) bool { return func(s any) bool { return s == err } },
		"stderr is":      func(in, _ any) func(any) bool { return func(s any) bool { return s == in } },
	} {
		in, out := strings.NewReader("y\n"), &syncBuffer{}
		term := NewTerminal(Streams{In: in, Out: io.Discard, Err: out, IsTTY: isTTY(in, out)})
		for _, err := range []error{term.Confirm(t.Context(), "Sure?"), term.ConfirmTyping(t.Context(), "Sure?", "y")} {
			if !errors.Is(err, ErrCannotAsk) || !strings.Contains(err.Error(), "--yes") {
				t.Errorf("%s: got %v, want ErrCannotAsk, naming --yes", name, err)
			}
		}
		if in.Len() != 2 || out.String() != "" {
			t.Errorf("%s: something was asked or read", name)
		}
	}
}

// abandoned is a terminal in a bubble of synctest, and its keyboard, on which a
// question was asked and cancelled, and nobody has typed.
func abandoned(t *testing.T) (f *fixture, keyboard io.Writer) {
	t.Helper()
	in, keys := io.Pipe()
	t.Cleanup(func() { keys.Close() })
	f = newFixture(t, setup{tty: true, in: in})
	ctx, cancel := context.WithCancel(t.Context())
	answer := f.ask(ctx, "Sure?")
	cancel()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want context.Canceled", err)
	}
	return f, keys
}

// ask asks, and returns where the answer will be as soon as nobody has anything
// more to do but to type.
func (f *fixture) ask(ctx context.Context, question string) <-chan error {
	answer := make(chan error)
	go func() { answer <- f.Confirm(ctx, question) }()
	synctest.Wait()
	return answer
}

func typeIn(t *testing.T, keyboard io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(keyboard, text); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

func TestCancelledQuestion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, keyboard := abandoned(t)
		equal(t, f.err.String(), "Sure? [y/N] \n")

		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := f.Confirm(ended, "Sure?"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled before asking", err)
		}

		// The read that was left behind serves the next question.
		answer := f.ask(t.Context(), "Really?")
		typeIn(t, keyboard, "y\n")
		if err := <-answer; err != nil {
			t.Errorf("got %v, want yes", err)
		}
	})
}

// TestAnswerBeforeTheQuestion types yes when no question is on the screen any
// more. It must not be taken for the answer to the next one.
func TestAnswerBeforeTheQuestion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, keyboard := abandoned(t)
		typeIn(t, keyboard, "y\n")
		answer := f.ask(t.Context(), "Delete everything?")
		typeIn(t, keyboard, "n\n")
		if err := <-answer; !errors.Is(err, ErrDeclined) {
			t.Errorf("got %v, want ErrDeclined", err)
		}
	})
}
