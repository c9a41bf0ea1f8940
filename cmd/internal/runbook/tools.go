package runbook

import (
	"context"
	"time"
)

// Tools are how a walk reaches the world.
type Tools interface {
	// Show calls binderctl for the operator to see, and returns its exit code.
	Show(ctx context.Context, words []string) int
	// Read calls binderctl for its answer as data. Nobody sees it.
	Read(ctx context.Context, words []string) Outcome
	// Typed is a word of a command as one would type it: in quotes, if need be.
	Typed(word string) string
	// Begin tells that a step comes, and its command as one would type it.
	Begin(at, of int, step Step, command string)
	// Say tells how it goes, in a line.
	Say(tone Tone, text string)
	// Ask asks what to do about a change: run, skip or quit.
	Ask(ctx context.Context, step Step) (Answer, error)
	// Wait waits; it returns the context's error if that ends first.
	Wait(ctx context.Context, d time.Duration) error
	// Now is the clock.
	Now() time.Time
	// Save keeps where the walk is, after each step.
	Save(State) error
}

// Tone is how good a piece of news is.
type Tone int

// The tones.
const (
	Plain Tone = iota
	Good
	Bad
)

// Answer is what the operator wants done about a change.
type Answer int

// The answers.
const (
	DoIt Answer = iota
	SkipIt
	Quit
)
