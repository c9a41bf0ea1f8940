package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Command runs a program for each alert, through a shell. The alert is in its
// environment, and as JSON on its standard input.
type Command struct {
	line   string
	limit  time.Duration
	hidden []string // variables that it does not inherit
}

// NewCommand prepares to run a line of shell, for no longer than limit. The
// variables named in hidden are kept from it.
func NewCommand(line string, limit time.Duration, hidden ...string) *Command {
	return &Command{line: line, limit: limit, hidden: hidden}
}

// Name is what a command is called in messages and metrics.
func (c *Command) Name() string { return "command" }

const (
	// mostOutput is how much is kept of what a command says, from its end.
	mostOutput = 400
	// pipesTime is how long what it has started may hold on to its output.
	pipesTime = time.Second
)

// Send runs the command. What went wrong is not tried again: it may have done
// half of its work.
func (c *Command) Send(ctx context.Context, alert Alert) error {
	input, err := json.Marshal(alert)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFinal, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.limit, fmt.Errorf("it took longer than %s and was killed", c.limit))
	defer cancel()
	run := shell(ctx, c.line)
	var said tail
	run.Stdin, run.Stdout, run.Stderr, run.WaitDelay = bytes.NewReader(input), &said, &said, pipesTime
	run.Env = append(c.inherited(run), alert.environment()...)
	err = run.Run()
	if err == nil || errors.Is(err, exec.ErrWaitDelay) { // it is done, and has left something running
		return nil
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if text := plainText(said.String()); text != "" {
		err = fmt.Errorf("%w: %s", err, text)
	}
	return fmt.Errorf("run the command: %w: %w", err, ErrFinal)
}

// inherited is the environment without what is hidden.
func (c *Command) inherited(run *exec.Cmd) []string {
	var kept []string
	for _, variable := range run.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		hidden := false
		for _, h := range c.hidden {
			hidden = hidden || strings.EqualFold(h, name)
		}
		if !hidden {
			kept = append(kept, variable)
		}
	}
	return kept
}

// environment is an alert as variables. Their names are not those of settings.
func (a *Alert) environment() []string {
	variables := []struct{ name, value string }{
		{"EVENT", string(a.Event)},
		{"REMINDER", strconv.FormatBool(a.Reminder)},
		{"TEXT", a.Text},
		{"SINCE", a.Since.Format(time.RFC3339)},
		{"MEMBER", a.Target.Member},
		{"BINDER", a.Target.Binder},
		{"REPO", a.Target.Repo},
		{"FRESH", strconv.FormatBool(a.Target.Fresh)},
		{"RESULT", string(a.Result)},
		{"SECONDS", strconv.FormatFloat(a.Seconds, 'f', 3, 64)},
		{"STAGE", string(a.Stage)},
		{"CAUSE", string(a.Cause)},
		{"SAYS", a.Says},
		{"NEXT", a.Next},
	}
	var list []string
	for _, v := range variables {
		list = append(list, "BINDERCTL_ALERT_"+v.name+"="+inert(plainText(v.value)))
	}
	return list
}

// inertForCmd is a text without what means something to Windows' shell, which puts
// a variable's text into a line first and reads the line afterwards: quotes do not
// help. What a text says can be read without.
func inertForCmd(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("\"%&|<>^!", r) {
			return '_'
		}
		return r
	}, text)
}

// tail keeps the end of what is written to it.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if over := len(t.text) - mostOutput; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return strings.ToValidUTF8(string(t.text), "") }
