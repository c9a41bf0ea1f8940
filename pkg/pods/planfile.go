package pods

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// digest identifies a plan by all it says.
func (p Plan) digest() string {
	p.Digest = ""
	text, err := json.Marshal(p)
	if err != nil { // a Plan is made of texts, numbers and times
		return ""
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Write writes the plan to a file that ReadPlan takes.
func (p Plan) Write(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(p)
}

// ErrTampered means that a plan file is not what was once written: its digest
// is of something else.
var ErrTampered = errors.New("the digest does not fit: the file was changed since it was written")

// ReadPlan reads a plan from the text of a file and refuses one that was
// changed. Its errors name the line and column of a mistake, or the value.
func ReadPlan(text []byte) (Plan, error) {
	var plan Plan
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&plan); err != nil {
		return Plan{}, mistake(text, err)
	}
	end := decoder.InputOffset()
	if rest := bytes.TrimLeft(text[end:], " \t\r\n"); len(rest) > 0 {
		return Plan{}, fmt.Errorf("%s: something follows the plan", position(text, int64(len(text)-len(rest))))
	}
	switch {
	case plan.Format != PlanFormat:
		return Plan{}, fmt.Errorf("format is %q, want %q", plan.Format, PlanFormat)
	case plan.Digest == "", plan.Digest != plan.digest():
		return Plan{}, ErrTampered
	}
	return plan, plan.sound()
}

// sound reports what no plan of ours says: no place, or a pod of another, or
// one named twice. Nor is a plan sound whose reasons cannot be looked at again.
func (p Plan) sound() error {
	if p.Where.Namespace == "" || p.Where.Server == "" {
		return errors.New("the plan does not say where")
	}
	if p.Policy.Only != nil {
		return fmt.Errorf("the plan is about %s, which only a new look can tell: make it anew", p.Policy.Only.What)
	}
	seen := make(map[string]bool, len(p.Victims))
	for _, victim := range p.Victims {
		switch {
		case victim.Namespace != p.Where.Namespace:
			return fmt.Errorf("pod %s is in namespace %q, and the plan is for %q", victim.Name, victim.Namespace, p.Where.Namespace)
		case victim.UID == "" || seen[victim.Name]:
			return fmt.Errorf("pod %s is named twice, or without a UID", victim.Name)
		}
		seen[victim.Name] = true
	}
	return nil
}

// mistake says where in the text an error is, where the decoder knows.
func mistake(text []byte, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s: the file ends before the plan does", position(text, int64(len(text))))
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("%s: %w", position(text, syntax.Offset-1), err)
	}
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s: %w", position(text, kind.Offset-1), err)
	}
	return err
}

// position names the line and column of the byte at offset.
func position(text []byte, offset int64) string {
	before := text[:min(max(offset, 0), int64(len(text)))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Sprintf("line %d, column %d", line, column)
}
