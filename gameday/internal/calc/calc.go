// Package calc computes what a very small part of Python would: enough for a
// kernel of which it is to be proved that it computes.
package calc

import (
	"fmt"
	"math/big"
	"strings"
)

// Error is what Python would raise.
type Error struct {
	Name  string // "NameError"
	Value string
}

func (e *Error) Error() string { return e.Name + ": " + e.Value }

func raise(name, format string, args ...any) error {
	return &Error{Name: name, Value: fmt.Sprintf(format, args...)}
}

// Value is an integer, a string or nothing.
type Value struct {
	number *big.Int
	text   *string
}

func number(n *big.Int) Value   { return Value{number: n} }
func text(s string) Value       { return Value{text: &s} }
func (v Value) isNothing() bool { return v.number == nil && v.text == nil }

// String is what print shows of a value.
func (v Value) String() string {
	switch {
	case v.text != nil:
		return *v.text
	case v.number != nil:
		return v.number.String()
	}
	return "None"
}

// Repr is what a notebook shows of a value.
func (v Value) Repr() string {
	if v.text == nil {
		return v.String()
	}
	quote := "'"
	if strings.Contains(*v.text, "'") && !strings.Contains(*v.text, `"`) {
		quote = `"`
	}
	return quote + strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, quote, `\`+quote).Replace(*v.text) + quote
}

func (v Value) kind() string {
	switch {
	case v.text != nil:
		return "str"
	case v.number != nil:
		return "int"
	}
	return "NoneType"
}

// Memory is what a kernel remembers between cells.
type Memory map[string]Value

// Outcome is what became of a cell.
type Outcome struct {
	Printed string
	Result  string // the representation of the last expression; "" for none
	Err     error
}

// Run runs a cell: statements on lines of their own or with semicolons between.
func Run(code string, memory Memory) Outcome {
	var out Outcome
	tokens, err := scan(code)
	if err != nil {
		out.Err = err
		return out
	}
	p := &parser{tokens: tokens, memory: memory, out: &out}
	out.Err = p.program()
	return out
}
