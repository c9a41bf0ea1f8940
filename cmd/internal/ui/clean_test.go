package ui

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, line, text string }{
		"nothing":            {"", "", ""},
		"a name":             {"jupyter-ada-2dlovelace", "jupyter-ada-2dlovelace", "jupyter-ada-2dlovelace"},
		"other scripts":      {"größe 日本 e\u0301", "größe 日本 e\u0301", "größe 日本 e\u0301"},
		"emoji of several":   {"👩\u200d🔬", "👩\u200d🔬", "👩\u200d🔬"},
		"colour":             {"\x1b[1;31mred\x1b[0m", "red", "red"},
		"clear the screen":   {"a\x1b[2J\x1b[Hb", "ab", "ab"},
		"title by bell":      {"a\x1b]0;owned\ab", "ab", "ab"},
		"title by ST":        {"a\x1b]0;owned\x1b\\b", "ab", "ab"},
		"link":               {"\x1b]8;;http://x\x1b\\here\x1b]8;;\x1b\\", "here", "here"},
		"device string":      {"a\x1bPq#0\x1b\\b", "ab", "ab"},
		"C1 sequence":        {"a\u009b31mb", "ab", "ab"},
		"C1 title":           {"a\u009d0;owned\u009cb", "ab", "ab"},
		"C1 alone":           {"a\u0084b", "ab", "ab"},
		"8-bit C1":           {"a\x9b31mb", "a\ufffd31mb", "a\ufffd31mb"},
		"reset":              {"a\x1bcb", "ab", "ab"},
		"charset":            {"a\x1b(0b", "ab", "ab"},
		"title without end":  {"a\x1b]0;seen", "a0;seen", "a0;seen"},
		"title over lines":   {"\x1b]0;a\nb\a", "0;a b", "0;a\nb"},
		"sequence cut short": {"a\x1b[3", "a", "a"},
		"escape at the end":  {"a\x1b", "a", "a"},
		"two escapes":        {"\x1b\x1b[31ma", "a", "a"},
		"bell and backspace": {"a\a\b\x00\x7fb", "ab", "ab"},
		"lines":              {"a\nb\r\nc\rd", "a b c d", "a\nb\nc\nd"},
		"odd lines":          {"a\u0085b\u2028c\u2029d\ve\ff", "a b c d e f", "a\nb\nc\nd\ne\nf"},
		"tab":                {"a\tb", "a b", "a\tb"},
		"bidi":               {"a\u202egnp.exe\u202c\u2066\u200f\u061c", "agnp.exe", "agnp.exe"},
		"not UTF-8":          {"a\xffb", "a\ufffdb", "a\ufffdb"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			equal(t, Clean(c.in), c.line)
			equal(t, CleanText(c.in), c.text)
		})
	}
}

// TestCleanIsLinear would not end in the time of a test if a command without an
// end made each one after it search the whole text.
func TestCleanIsLinear(t *testing.T) {
	t.Parallel()
	for _, opener := range []string{"\x1b]", "\u009d", "\x1b[", "\x1b"} {
		if got := Clean(strings.Repeat(opener, 1<<20)); strings.Trim(got, "[]") != "" {
			t.Errorf("%q: something remains", opener)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{
		"plain", "\x1b[31mred\x1b[0m", "\x1b]0;t\a", "\u009b1m", "\xc2", "a\r\nb\tc", "\u202e", "\x1b\x1b[", "\x1b]\u009c", "\x1bP\xff\x1b\\",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, got := range []string{Clean(s), CleanText(s)} {
			if !utf8.ValidString(got) {
				t.Errorf("%q became %q, which is not UTF-8", s, got)
			}
			for _, r := range got {
				if isBidi(r) || r == '\u2028' || r == '\u2029' || unicode.IsControl(r) && r != '\n' && r != '\t' {
					t.Errorf("%q became %q, in which %U survives", s, got, r)
				}
			}
			if again := CleanText(got); again != got {
				t.Errorf("%q became %q, and cleaned once more %q", s, got, again)
			}
		}
		if line := Clean(s); strings.ContainsAny(line, "\n\t") {
			t.Errorf("%q became %q, which is not one line", s, line)
		}
	})
}
