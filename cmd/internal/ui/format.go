package ui

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/client-go/util/jsonpath"
)

// Format is the value of the flag -o: how an answer is written. It is a
// pflag.Value, compares with ==, and its zero value is Table.
type Format string

// The formats. There is one more, jsonpath=EXPR, which only Set can make.
const (
	Table Format = "table" // aligned columns
	Wide  Format = "wide"  // aligned columns, all of them
	JSON  Format = "json"  // the whole answer, indented
	YAML  Format = "yaml"  // the whole answer
	Name  Format = "name"  // one name a line, for xargs
	CSV   Format = "csv"   // all columns, for spreadsheets
)

// jsonPathPrefix begins a format that picks values from the JSON.
const jsonPathPrefix = "jsonpath="

// Formats returns the values of -o, for its help.
func Formats() []string {
	return []string{
		string(Table), string(Wide), string(JSON), string(YAML),
		string(Name), string(CSV), jsonPathPrefix + "EXPR",
	}
}

// FormatHelp returns the help of the flag -o.
func FormatHelp() string {
	return "output `FORMAT`: " + strings.Join(Formats(), ", ")
}

// FormatCompletions returns what a shell offers after -o: each value, a tab and
// what it is for.
func FormatCompletions() []string {
	return []string{
		"table\taligned columns",
		"wide\taligned columns, all of them",
		"json\tthe whole answer",
		"yaml\tthe whole answer",
		"name\tone name a line",
		"csv\tall columns, comma separated",
		"jsonpath=\tvalues picked from the JSON, as {.items[*].name}",
	}
}

// String returns the format as it is typed.
func (f *Format) String() string { return string(f.orTable()) }

// Set takes the format from what was typed. A jsonpath that does not parse is
// refused here, before any work is done.
func (f *Format) Set(s string) error {
	if expr, ok := strings.CutPrefix(s, jsonPathPrefix); ok {
		if _, err := parseJSONPath(expr); err != nil {
			return err
		}
		*f = Format(s)
		return nil
	}
	switch format := Format(s); format {
	case Table, Wide, JSON, YAML, Name, CSV:
		*f = format
		return nil
	case "jsonpath":
		return fmt.Errorf("jsonpath needs an expression, as in %s{.items[*].name}", jsonPathPrefix)
	default:
		return fmt.Errorf("must be one of %s", strings.Join(Formats(), ", "))
	}
}

// Type names the value in the help of the flag.
func (f *Format) Type() string { return "FORMAT" }

// IsHuman tells whether the format is for reading, table or wide, rather than
// for another program. A command that adds remarks to its answer asks this.
func (f Format) IsHuman() bool {
	f = f.orTable()
	return f == Table || f == Wide
}

// Refuse returns an ErrFormat if the format is one of those given. A command
// that lacks some format calls it first, so as not to work in vain.
func (f Format) Refuse(formats ...Format) error {
	if slices.Contains(formats, f.orTable()) {
		return fmt.Errorf("%w: -o %s", ErrFormat, f.orTable())
	}
	return nil
}

func (f Format) orTable() Format {
	if f == "" {
		return Table
	}
	return f
}

// parseJSONPath parses an expression of -o jsonpath. Like kubectl's it is a
// template with expressions in braces; a text without any is taken for one
// expression, with or without its leading dot.
func parseJSONPath(expr string) (*jsonpath.JSONPath, error) {
	template := strings.TrimSpace(expr)
	if template == "" {
		return nil, fmt.Errorf("jsonpath needs an expression, as in %s{.items[*].name}", jsonPathPrefix)
	}
	if !strings.Contains(template, "{") {
		if !strings.ContainsAny(template[:1], ".[$@") {
			template = "." + template
		}
		template = "{" + template + "}"
	} else {
		template = expr // blanks between expressions are part of the template
	}
	path := jsonpath.New("output").AllowMissingKeys(true)
	if err := path.Parse(template); err != nil {
		return nil, fmt.Errorf("jsonpath %q: %w", expr, err)
	}
	return path, nil
}
