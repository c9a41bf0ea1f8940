package binder

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// event is one of a stream: names and values in the order in which BinderHub
// writes them.
type event []field

type field struct {
	name  string
	value any // a string, or a number
}

// say is an event of a phase with a message.
func say(phase, message string) event {
	return event{{"phase", phase}, {"message", message}}
}

// fail is the event of a failure; code is 0 where BinderHub tells none.
func fail(code int, message string) event {
	if code == 0 {
		return say("failed", message)
	}
	return event{{"phase", "failed"}, {"status_code", code}, {"message", message}}
}

// get is the text of a field.
func (e event) get(name string) string {
	for _, one := range e {
		if one.name == name {
			text, _ := one.value.(string)
			return text
		}
	}
	return ""
}

// capitalised is the event as some BinderHubs write it: "Building".
func (e event) capitalised() event {
	made := make(event, len(e))
	copy(made, e)
	for i, one := range made {
		if text, ok := one.value.(string); ok && one.name == "phase" && text != "" {
			made[i].value = strings.ToUpper(text[:1]) + text[1:]
		}
	}
	return made
}

// String is the event in JSON, as Python writes it.
func (e event) String() string {
	var out strings.Builder
	out.WriteByte('{')
	for i, one := range e {
		if i > 0 {
			out.WriteString(", ")
		}
		quote(&out, one.name)
		out.WriteString(": ")
		if text, ok := one.value.(string); ok {
			quote(&out, text)
		} else {
			fmt.Fprint(&out, one.value)
		}
	}
	out.WriteByte('}')
	return out.String()
}

// quote writes a text in ASCII alone.
func quote(out *strings.Builder, text string) {
	out.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\r':
			out.WriteString(`\r`)
		case r == '\t':
			out.WriteString(`\t`)
		case r < ' ' || r > '~' && r <= 0xffff:
			fmt.Fprintf(out, `\u%04x`, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(out, `\u%04x\u%04x`, high, low)
		default:
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
}
