package ui

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

var (
	_ pflag.Value = (*Format)(nil)
	_ pflag.Value = (*ColorMode)(nil)
)

func TestFormatFlag(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{ // what is typed, and what is wrong with it
		"table":                               "",
		"wide":                                "",
		"json":                                "",
		"yaml":                                "",
		"name":                                "",
		"csv":                                 "",
		"jsonpath={.items[*].name}":           "",
		"jsonpath=.items[0].name":             "",
		"jsonpath=$.items[0].name":            "",
		"jsonpath={range .items[*]}{.a}{end}": "",
		"":                                    "must be one of table, wide, json, yaml, name, csv, jsonpath=EXPR",
		"xml":                                 "must be one of table, wide, json, yaml, name, csv, jsonpath=EXPR",
		"JSON":                                "must be one of",
		"jsonpath":                            "jsonpath needs an expression",
		"jsonpath=":                           "jsonpath needs an expression",
		"jsonpath={.items[}":                  `jsonpath "{.items[}": unterminated array`,
		"jsonpath={.items":                    "unclosed action",
		"jsonpath=.items[?(@.a]":              "unterminated filter",
	} {
		var f Format
		err := f.Set(in)
		switch {
		case want == "" && (err != nil || f.String() != in):
			t.Errorf("%q: became %q, %v", in, f, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || f != ""):
			t.Errorf("%q: got %q, %v; want an error that says %q", in, f, err, want)
		}
	}
}

func TestFormatHelp(t *testing.T) {
	t.Parallel()
	var f Format
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.VarP(&f, "output", "o", FormatHelp())
	equal(t, flags.FlagUsages(), "  -o, --output FORMAT   output FORMAT: table, wide, json, yaml, name, csv, jsonpath=EXPR (default table)\n")
	for i, c := range FormatCompletions() {
		value, help, ok := strings.Cut(c, "\t")
		if !ok || help == "" || !strings.HasPrefix(Formats()[i], value) {
			t.Errorf("%q does not complete %s", c, Formats()[i])
		}
	}
}

func TestFormatKinds(t *testing.T) {
	t.Parallel()
	for f, human := range map[Format]bool{"": true, Table: true, Wide: true, JSON: false, CSV: false, "jsonpath={.a}": false} {
		if f.IsHuman() != human {
			t.Errorf("%q: is for humans: %v", f, !human)
		}
	}
	if err := CSV.Refuse(Name, CSV); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "-o csv") {
		t.Errorf("got %v, want ErrFormat", err)
	}
	if err := JSON.Refuse(Name, CSV); err != nil {
		t.Error(err)
	}
}

// FuzzFormat sets anything as a format, and prints a list with what is accepted.
func FuzzFormat(f *testing.F) {
	for _, s := range []string{"jsonpath={.items[*].name}", "jsonpath=items[0]", "jsonpath={range .items[*]}{.name}{end}", "jsonpath={..name}", "jsonpath={.items[?(@.restarts>1)]}", "json"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, s string) {
		var format Format
		if format.Set(s) != nil {
			return
		}
		term := NewTerminal(Streams{Out: io.Discard, Err: io.Discard})
		_ = Print(term, format, Document[pod]{Rows: somePods(), Columns: podColumns(), Name: func(p pod) string { return p.Name }})
	})
}
