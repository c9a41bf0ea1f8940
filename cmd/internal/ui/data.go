package ui

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// indent is the step of the JSON, the same as kubectl's.
const indent = "    "

// data is an answer as json, yaml and jsonpath see it: either doc, or head and
// the items. Items come one by one so that a long list is never held as text.
type data struct {
	doc   any
	head  any
	items iter.Seq[any]
}

func (d Document[T]) data() data {
	if d.Doc != nil {
		return data{doc: d.Doc}
	}
	return data{head: d.Head, items: func(yield func(any) bool) {
		for i := range d.Rows {
			if !yield(&d.Rows[i]) { // a pointer, which costs no copy of the row
				return
			}
		}
	}}
}

func writeData(w *bufio.Writer, f Format, d data) error {
	switch expr, isPath := strings.CutPrefix(string(f), jsonPathPrefix); {
	case isPath:
		return writeJSONPath(w, expr, d)
	case f == JSON:
		return writeJSON(w, d)
	case f == YAML:
		return writeYAML(w, d)
	default:
		return fmt.Errorf("%w: %q", ErrFormat, string(f))
	}
}

// marshaler turns values into indented JSON, over and over in the same memory.
type marshaler struct {
	text bytes.Buffer
	enc  *json.Encoder
}

func newMarshaler(prefix string) *marshaler {
	m := &marshaler{}
	m.enc = json.NewEncoder(&m.text)
	m.enc.SetEscapeHTML(false) // "<none>" and "&" are to be read as they are
	m.enc.SetIndent(prefix, indent)
	return m
}

// marshal returns the JSON of v, which is good until the next call.
func (m *marshaler) marshal(v any) ([]byte, error) {
	m.text.Reset()
	if err := m.enc.Encode(v); err != nil {
		return nil, err
	}
	return escapeDangerous(bytes.TrimRight(m.text.Bytes(), "\n")), nil
}

// writeJSON writes the items one at a time, so that memory does not grow with
// their number. 20,000 rows of 15 fields (9 MB) take 0.17 s and allocate 12 MB;
// marshalled as one document they take as long and 90 MB.
func writeJSON(w *bufio.Writer, d data) error {
	if d.items == nil {
		text, err := newMarshaler("").marshal(d.doc)
		if err != nil {
			return err
		}
		w.Write(text)
		return w.WriteByte('\n')
	}
	w.WriteString("{\n")
	head, err := headFields(d.head)
	if err != nil {
		return err
	}
	if len(head) > 0 {
		w.Write(head)
		w.WriteString(",\n")
	}
	w.WriteString(indent + `"items": [`)
	m, separator := newMarshaler(indent+indent), "\n"
	for item := range d.items {
		text, err := m.marshal(item)
		if err != nil {
			return err
		}
		w.WriteString(separator + indent + indent)
		if _, err := w.Write(text); err != nil {
			return err
		}
		separator = ",\n"
	}
	if separator != "\n" {
		w.WriteString("\n" + indent)
	}
	_, err = w.WriteString("]\n}\n")
	return err
}

// headFields returns the lines between the braces of the head's JSON.
func headFields(head any) ([]byte, error) {
	if head == nil {
		return nil, nil
	}
	text, err := newMarshaler("").marshal(head)
	if err != nil {
		return nil, err
	}
	if text[0] != '{' {
		return nil, fmt.Errorf("head of a list must be a JSON object, not %T", head)
	}
	return bytes.Trim(text, "{}\n"), nil
}

// writeYAML writes the items one at a time too: the library is slow and takes
// ten times the memory of what it writes.
func writeYAML(w *bufio.Writer, d data) error {
	if d.items == nil {
		return marshalYAML(w, d.doc)
	}
	head, err := headFields(d.head)
	if err != nil {
		return err
	}
	if len(head) > 0 {
		if err := marshalYAML(w, d.head); err != nil {
			return err
		}
	}
	empty := true
	for item := range d.items {
		if empty {
			w.WriteString("items:\n")
			empty = false
		}
		if err := marshalYAML(w, []any{item}); err != nil {
			return err
		}
	}
	if empty {
		_, err = w.WriteString("items: []\n")
	}
	return err
}

func marshalYAML(w *bufio.Writer, v any) error {
	text, err := yaml.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.WriteString(CleanText(string(text)))
	return err
}

// writeJSONPath writes what the expression picks, and a line end if there is
// none yet.
func writeJSONPath(w *bufio.Writer, expr string, d data) error {
	path, err := parseJSONPath(expr)
	if err != nil {
		return err
	}
	value, err := d.generic()
	if err != nil {
		return err
	}
	var picked strings.Builder
	if err := path.Execute(&picked, value); err != nil {
		return fmt.Errorf("jsonpath %q: %w", expr, err)
	}
	text := CleanText(picked.String())
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	_, err = w.WriteString(text)
	return err
}

// generic returns the document as maps, slices, strings, int64s and float64s,
// which is what a jsonpath walks over.
func (d data) generic() (any, error) {
	if d.items == nil {
		return toGeneric(d.doc)
	}
	head := map[string]any{}
	if d.head != nil {
		value, err := toGeneric(d.head)
		if err != nil {
			return nil, err
		}
		fields, ok := value.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("head of a list must be a JSON object, not %T", d.head)
		}
		head = fields
	}
	items := []any{}
	for item := range d.items {
		value, err := toGeneric(item)
		if err != nil {
			return nil, err
		}
		items = append(items, value)
	}
	head["items"] = items
	return head, nil
}

func toGeneric(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var value any
	return value, utiljson.Unmarshal(text, &value)
}

// escapeDangerous escapes the characters that Clean takes out but encoding/json
// lets pass. In JSON they can only stand within strings, so the data remains the
// same.
func escapeDangerous(text []byte) []byte {
	first := bytes.IndexFunc(text, isDangerous)
	if first < 0 {
		return text
	}
	safe := append([]byte{}, text[:first]...)
	for rest := text[first:]; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if isDangerous(r) {
			safe = fmt.Appendf(safe, `\u%04x`, r)
		} else {
			safe = append(safe, rest[:size]...)
		}
		rest = rest[size:]
	}
	return safe
}

func isDangerous(r rune) bool { return r == '\x7f' || isC1(r) || isBidi(r) }
