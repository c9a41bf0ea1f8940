package runbook

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// opening is the first line of a comment that begins a step: its kind and id.
var opening = regexp.MustCompile(`^(look|mend|verify): *([a-z][a-z0-9-]*)$`)

// captured is a name for a part of an answer.
var captured = regexp.MustCompile(`^([A-Z][A-Z_]*) *= *(\{.*\})$`)

// parseComment reads what a comment says of the step whose command follows it.
// Comments that say nothing of the kind are nobody's business; nil is returned.
func parseComment(comment string, line int) (*Step, error) {
	body, ok := strings.CutPrefix(strings.TrimSpace(comment), "<!--")
	if !ok {
		return nil, nil
	}
	body, _, ok = strings.Cut(body, "-->")
	if !ok {
		return nil, fmt.Errorf("line %d: the comment does not end", line)
	}
	var step *Step
	for text := range strings.Lines(body) {
		text = strings.TrimSpace(text)
		if text == "" {
			line++
			continue
		}
		if step == nil {
			m := opening.FindStringSubmatch(text)
			if m == nil {
				return nil, nil
			}
			step = &Step{Kind: Kind(m[1]), ID: m[2], Line: line}
		} else if err := step.note(text); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		line++
	}
	return step, nil
}

// note takes one line of a step's comment.
func (s *Step) note(text string) error {
	key, value, _ := strings.Cut(text, ":")
	value = strings.TrimSpace(value)
	if value == "" {
		return fmt.Errorf("%q: want KEY: VALUE", text)
	}
	switch key {
	case "expect":
		c, err := parseCondition(value, false)
		s.Expect = append(s.Expect, c)
		return err
	case "needs":
		c, err := parseCondition(value, true)
		s.Needs = append(s.Needs, c)
		return err
	case "always":
		s.Always = value
		return nil
	case "capture":
		return s.noteCapture(value)
	case "within":
		age, err := model.ParseDuration(value)
		if err == nil {
			s.Within = time.Duration(age)
		}
		return err
	default:
		return fmt.Errorf("%q: want expect, needs, always, capture or within", key)
	}
}

func (s *Step) noteCapture(value string) error {
	m := captured.FindStringSubmatch(value)
	if m == nil {
		return errors.New("capture: want NAME = {.path}")
	}
	p, err := parsePath(m[2])
	s.Captures = append(s.Captures, Capture{m[1], p})
	return err
}
