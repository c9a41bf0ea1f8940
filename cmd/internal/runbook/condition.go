package runbook

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Condition is something that holds of outcomes of steps, or does not: one of
// several terms.
type Condition struct {
	any []term
}

// term is one comparison.
type term struct {
	text   string // as it is written
	step   string // whose outcome; "" is the step's own
	exit   bool   // it is about the exit code
	count  bool   // it is about how many values there are
	path   path
	op     string
	values []string
}

// termPattern takes a term apart: whose outcome, what of it, how it is compared
// and with what.
var termPattern = regexp.MustCompile(`^(?:([a-z][a-z0-9-]*) +)?(?:exit +([0-9, ]+)|(count +)?(\{.*\}) *(=|!=|<=|>=|<|>|in\b|has\b) *(.+))$`)

// parseCondition reads one, such as "hub {.verdict} in blind, stuck or hub exit 1".
// Only with steps may it speak of others.
func parseCondition(text string, steps bool) (Condition, error) {
	var c Condition
	for part := range strings.SplitSeq(text, " or ") {
		t, err := parseTerm(strings.TrimSpace(part))
		if err != nil {
			return Condition{}, fmt.Errorf("%q: %w", part, err)
		}
		if steps != (t.step != "") {
			return Condition{}, fmt.Errorf("%q: %s", part, map[bool]string{true: "name the step of which it should hold", false: "it can only be about the step's own outcome"}[steps])
		}
		c.any = append(c.any, t)
	}
	return c, nil
}

func parseTerm(text string) (term, error) {
	m := termPattern.FindStringSubmatch(text)
	if m == nil {
		return term{}, errors.New("want exit CODE, or {.path} and one of = != < <= > >= in has, and a value")
	}
	t := term{text: text, step: m[1], exit: m[2] != "", count: m[3] != "", op: m[5]}
	if t.step == "count" { // which is no step's name
		t.step, t.count = "", true
	}
	if t.exit {
		t.op = "in"
		t.values = listed(m[2])
		for _, code := range t.values {
			if _, err := strconv.Atoi(code); err != nil {
				return term{}, fmt.Errorf("exit code %q is no number", code)
			}
		}
		return t, nil
	}
	t.values = []string{strings.TrimSpace(m[6])}
	if t.op == "in" {
		t.values = listed(m[6])
	}
	if _, err := strconv.ParseFloat(t.values[0], 64); err != nil && (t.count || strings.ContainsAny(t.op, "<>")) {
		return term{}, fmt.Errorf("%q is no number", t.values[0])
	}
	var err error
	t.path, err = parsePath(m[4])
	return t, err
}

func listed(text string) []string {
	var values []string
	for value := range strings.SplitSeq(text, ",") {
		values = append(values, strings.TrimSpace(value))
	}
	return values
}

// with is the condition with what was captured in place of names such as $NODE.
func (c Condition) with(captured Values) Condition {
	bound := Condition{any: slices.Clone(c.any)}
	for i, t := range bound.any {
		var values []string
		for _, value := range t.values {
			name, rest, ok := variable(value)
			if ok && rest == "" {
				values = append(values, captured[name]...)
			} else {
				values = append(values, value)
			}
		}
		bound.any[i].values = values
	}
	return bound
}

// missing are the names in it for which nothing was captured.
func (c Condition) missing(captured Values) []string {
	var names []string
	for _, t := range c.any {
		for _, value := range t.values {
			if name, rest, ok := variable(value); ok && rest == "" && len(captured[name]) == 0 {
				names = append(names, name)
			}
		}
	}
	return names
}

// readsData reports whether it reads the data of a step.
func (c Condition) readsData(step string) bool {
	return slices.ContainsFunc(c.any, func(t term) bool { return t.step == step && !t.exit })
}

// steps are those of whose outcome it speaks.
func (c Condition) steps() []string {
	var names []string
	for _, t := range c.any {
		names = append(names, t.step)
	}
	return names
}

// Holds reports whether the condition holds of the outcomes, by the ids of their
// steps, and what was seen instead if it does not. self is the step whose own
// outcome terms without a step are about.
func (c Condition) Holds(outcomes map[string]Outcome, self string) (bool, string) {
	var seen []string
	for _, t := range c.any {
		id := t.step
		if id == "" {
			id = self
		}
		ok, why := t.holds(outcomes[id])
		if ok {
			return true, ""
		}
		if t.step != "" {
			why = t.step + " " + why
		}
		if !slices.Contains(seen, why) {
			seen = append(seen, why)
		}
	}
	return false, strings.Join(seen, "; ")
}

func (t term) holds(o Outcome) (bool, string) {
	switch {
	case !o.Ran:
		return false, "was not run"
	case o.seen != nil:
		return o.seen[t.text], "was otherwise before"
	case t.exit:
		code := strconv.Itoa(o.Exit)
		return slices.Contains(t.values, code), "exit code " + code + ", not " + t.wanted()
	case o.Data == nil:
		return false, "gave no answer to read"
	}
	found, err := t.path.find(o.Data)
	if err != nil {
		return false, err.Error()
	}
	if t.count {
		found = []string{strconv.Itoa(len(found))}
	}
	return slices.ContainsFunc(found, t.fits), t.otherwise(found)
}

// fits compares one value.
func (t term) fits(value string) bool {
	switch t.op {
	case "=", "in":
		return slices.Contains(t.values, value)
	case "!=":
		return !slices.Contains(t.values, value)
	case "has":
		return slices.ContainsFunc(t.values, func(part string) bool { return strings.Contains(value, part) })
	}
	got, err := strconv.ParseFloat(value, 64)
	want, _ := strconv.ParseFloat(t.values[0], 64) // it was read before
	if err != nil {
		return false
	}
	switch t.op {
	case "<":
		return got < want
	case "<=":
		return got <= want
	case ">":
		return got > want
	default:
		return got >= want
	}
}
