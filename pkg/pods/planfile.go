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
// changed. Its errors name the line and column of a mistake.
func ReadPlan(text []byte) (Plan, error) {
	var plan Plan
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&plan); err != nil {
		return Plan{}, fmt.Errorf("%s: %w", position(text, offset(err, decoder)), err)
	}
	if end := decoder.InputOffset(); len(bytes.TrimSpace(text[end:])) > 0 {
		return Plan{}, fmt.Errorf("%s: something follows the plan", position(text, end+1))
	}
	switch {
	case plan.Format != PlanFormat:
		return Plan{}, fmt.Errorf("format is %q, want %q", plan.Format, PlanFormat)
	case plan.Digest != plan.digest():
		return Plan{}, ErrTampered
	}
	return plan, nil
}

// offset is where in the text a decoding error is.
func offset(err error, decoder *json.Decoder) int64 {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return syntax.Offset
	}
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return kind.Offset
	}
	return decoder.InputOffset()
}

// position names the line and column of the byte before offset.
func position(text []byte, offset int64) string {
	before := text[:min(max(offset-1, 0), int64(len(text)))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Sprintf("line %d, column %d", line, column)
}
