package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd"
)

// TestRoff holds each page of the manual against what a typesetter would stumble
// over or swallow.
func TestRoff(t *testing.T) {
	t.Parallel()
	every(cmd.Reference(), func(c *cobra.Command) {
		for _, mistake := range roffMistakes(string(manPage(c, "2018-07-08"))) {
			t.Errorf("the page of %s: %s", c.CommandPath(), mistake)
		}
	})
}

// TestRoffMistakes proves that none of them is overlooked.
func TestRoffMistakes(t *testing.T) {
	t.Parallel()
	const page = `.TH "X" 1 "" "x" "x"
.SH NAME
x \- a \(dqprogram
.SH OPTIONS
.PP
.RS 4
.nf
x \-\-all
.fi
.RE
.TP
.B \-\-all
all of \e them
`
	well := strings.ReplaceAll(page, `\(dq`, "")
	if found := roffMistakes(well); len(found) > 0 {
		t.Errorf("a page that is well: %q", found)
	}
	for what, broken := range map[string]string{
		"an escape that is none of ours":   page,
		"no title":                         strings.TrimPrefix(well, ".TH"),
		"a macro that is not known":        well + ".XX\n",
		"an option in place of a macro":    well + ".config is a file\n",
		"an apostrophe that is a request":  well + "'tis a line\n",
		"a hyphen that cannot be copied":   well + "pods-cull\n",
		"a backslash at the end of a line": well + "C:\\\n",
		"a quote that a macro swallows":    well + `.B say "yes"` + "\n",
		"a macro with nothing to print":    well + ".B\n",
		"code that does not end":           strings.Replace(well, ".fi\n", "", 1),
		"code that has not begun":          strings.Replace(well, ".nf\n", "", 1),
		"an indent that does not end":      strings.Replace(well, ".RE\n", "", 1),
		"an option that is not said":       strings.Replace(well, ".B \\-\\-all\n", "", 1),
		"an option of which nothing is":    strings.Replace(well, "all of \\e them\n", "", 1),
		"a section of nothing":             well + ".SH SEE ALSO\n",
		"a control character":              well + "a\x1b[1mb\n",
		"no text at all":                   well + "caf\xe9\n",
		"a line that is not ended":         strings.TrimSuffix(well, "\n"),
	} {
		if len(roffMistakes(broken)) == 0 {
			t.Errorf("%s is overlooked", what)
		}
	}
}

// ourEscape is an escape that a page may have: a backslash, a minus, or nothing,
// which keeps a line from being a request.
var ourEscape = regexp.MustCompile(`\\[e&-]`)

// roffMistakes says what is wrong with a page, which has few of man(7)'s macros.
func roffMistakes(page string) (found []string) {
	if !strings.HasSuffix(page, "\n") {
		found = append(found, "its last line has no end")
	}
	lines := strings.Split(strings.TrimSuffix(page, "\n"), "\n")
	if !strings.HasPrefix(lines[0], `.TH "`) {
		found = append(found, "it does not begin with its title")
	}
	depth := map[string]int{}
	for i, line := range lines {
		if mistake := lineMistake(line, lines[i+1:], depth); mistake != "" {
			found = append(found, fmt.Sprintf("line %d, %q: %s", i+1, line, mistake))
		}
	}
	for macro, n := range depth {
		if n != 0 {
			found = append(found, macro+" has no end")
		}
	}
	return found
}

// lineMistake says what is wrong with a line, or "". depth is how many are open of
// what has an end.
func lineMistake(line string, after []string, depth map[string]int) string {
	if !utf8.ValidString(line) || strings.ContainsFunc(line, unicode.IsControl) {
		return "it is not all text"
	}
	macro, words, _ := strings.Cut(line, " ")
	said := line
	if strings.HasPrefix(line, ".") {
		if said = words; macro == ".TH" { // its name is in quotes, and copied by nobody
			said = ""
		}
	}
	if strings.ContainsAny(ourEscape.ReplaceAllString(said, ""), `\-`) {
		return "a backslash or a minus would not be shown as one"
	}
	switch macro {
	case ".TH", ".nh", ".ad", ".PP":
	case ".B", ".BR":
		if words == "" || strings.Contains(words, `"`) {
			return "it prints nothing, or loses its quotes"
		}
	case ".SH":
		if words == "" || len(after) == 0 || strings.HasPrefix(after[0], ".SH") {
			return "the section is empty"
		}
	case ".TP":
		if len(after) < 2 || !strings.HasPrefix(after[0], ".B ") || after[1] == "" || strings.HasPrefix(after[1], ".") {
			return "something is not explained, or it is not said what"
		}
	case ".RS", ".nf":
		depth[macro]++
	case ".RE", ".fi":
		opened := map[string]string{".RE": ".RS", ".fi": ".nf"}[macro]
		if depth[opened]--; depth[opened] < 0 {
			return "nothing was begun"
		}
	default:
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			return "it is a request that is not known"
		}
	}
	return ""
}
