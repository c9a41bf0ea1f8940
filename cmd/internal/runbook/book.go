// Package runbook reads runbooks, which are Markdown that people read as it is,
// and walks through them: it looks, compares what it sees with what the runbook
// expects, mends only what needs it, and keeps a transcript.
//
// How a runbook is written is in docs/runbooks/README.md. This package knows no
// cluster and no command of binderctl: it is given a way to call them.
package runbook

import "time"

// Book is a runbook.
type Book struct {
	// Name is that of its file, without .md.
	Name string
	// Title is its first heading, such as "The Hub does not see its pods".
	Title string
	// Symptom is its first paragraph: what somebody sees who needs it.
	Symptom string
	// Incidents are the dates of those that taught it.
	Incidents []string
	// Text is the whole of it.
	Text string
	// Sections are its headings of the second level, in order.
	Sections []string
	// Steps are what can be run, in order.
	Steps []Step
}

// Kind is what a step does.
type Kind string

// The kinds of steps.
const (
	Look   Kind = "look"   // it looks, and changes nothing
	Mend   Kind = "mend"   // it changes something
	Verify Kind = "verify" // it looks whether all is well again
)

// Step is one command of a runbook, with what is said about it.
type Step struct {
	ID    string
	Kind  Kind
	Title string // of the heading above it
	Line  int    // of its comment in the file
	Prose string // what stands between the heading and the command
	Else  string // what stands behind the command: what to make of another outcome
	Cost  string // what it costs users
	// Words are the command, without "binderctl". Those that begin with a $ stand
	// for what an earlier step has captured.
	Words []string

	// Expect is what has to hold of its outcome.
	Expect []Condition
	// Needs is what has to hold of earlier steps, or it is skipped.
	Needs []Condition
	// Always says why a mend has no needs.
	Always string
	// Captures are what later steps want to know of its answer.
	Captures []Capture
	// Within is how long what is expected may take to come true.
	Within time.Duration
}

// Capture is a name for a part of an answer.
type Capture struct {
	Name string // such as NODE
	path path
}

// AsksForData reports whether more of the outcome is wanted than its exit code.
func (s Step) AsksForData(later []Step) bool {
	if len(s.Captures) > 0 {
		return true
	}
	for _, c := range s.Expect {
		if c.readsData("") {
			return true
		}
	}
	for _, other := range later {
		for _, c := range other.Needs {
			if c.readsData(s.ID) {
				return true
			}
		}
	}
	return false
}
