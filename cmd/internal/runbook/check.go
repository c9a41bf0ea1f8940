package runbook

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The sections that every runbook has, in this order.
const (
	Looks      = "How it looks"
	Confirm    = "How to confirm"
	MendIt     = "Mend"
	VerifyIt   = "Verify"
	Afterwards = "Afterwards"
	TaughtBy   = "What taught us"
)

// Sections are those that every runbook has.
func Sections() []string {
	return []string{Looks, Confirm, MendIt, VerifyIt, Afterwards, TaughtBy}
}

// check finds what makes a text no runbook.
func (b *Book) check() error {
	switch {
	case b.Title == "":
		return errors.New("it has no title")
	case b.Symptom == "":
		return errors.New("no paragraph says how it looks in a sentence")
	case !slices.Equal(b.Sections, Sections()):
		return fmt.Errorf("its sections are %q, want %q", b.Sections, Sections())
	case len(b.Incidents) == 0:
		return fmt.Errorf("%q names no incident by its date", TaughtBy)
	case len(b.Steps) == 0 || b.Steps[len(b.Steps)-1].Kind != Verify:
		return errors.New("its last step is not to verify")
	}
	known, names := map[string]bool{}, map[string]bool{}
	for _, step := range b.Steps {
		if err := step.check(known, names); err != nil {
			return fmt.Errorf("line %d: step %s: %w", step.Line, step.ID, err)
		}
		known[step.ID] = true
		for _, c := range step.Captures {
			names[c.Name] = true
		}
	}
	return nil
}

// check finds what is wrong with a step, given the ids and the captures before it.
func (s Step) check(known, names map[string]bool) error {
	if known[s.ID] || s.ID == "count" || s.ID == "exit" {
		return errors.New("this name is taken")
	}
	for _, c := range s.Needs {
		for _, id := range c.steps() {
			if !known[id] {
				return fmt.Errorf("needs: there is no step %s before it", id)
			}
		}
	}
	for _, word := range s.Words {
		if name, _, ok := variable(word); ok && !names[name] {
			return fmt.Errorf("nothing before it captures %s", name)
		}
	}
	if slices.Contains(s.Words, "-o") || slices.ContainsFunc(s.Words, func(w string) bool { return strings.HasPrefix(w, "--output") }) {
		return errors.New("its command has an -o of its own, so its answer cannot be read as well")
	}
	switch {
	case s.Kind == Mend && s.Cost == "":
		return fmt.Errorf("a paragraph %s … is missing", costSign)
	case s.Kind == Mend && (len(s.Needs) == 0) == (s.Always == ""):
		return errors.New("it wants needs, or else an always: that says why there are none")
	case s.Kind == Mend && (s.Within > 0 || len(s.Expect) > 0):
		return errors.New("what comes of a mend is for a look to see, so it has no expect and no within")
	case s.Kind != Mend && (s.Always != "" || s.Cost != ""):
		return errors.New("it changes nothing, so it costs nothing and needs no reason")
	case s.Kind != Mend && len(s.Expect) == 0:
		return errors.New("nothing is expected of it")
	}
	return nil
}
