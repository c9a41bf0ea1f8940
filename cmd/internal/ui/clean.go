package ui

import (
	"strings"
	"unicode/utf8"
)

// Clean makes text from a cluster safe to show on one line of a terminal. It
// takes out terminal escape sequences, control characters and the characters
// that reverse the direction of writing; line ends and tabs become spaces, and
// bytes that are not UTF-8 become U+FFFD. Everything else stays, so that clean
// text is returned as it is, at the cost of one look at each byte.
func Clean(s string) string { return clean(s, false) }

// CleanText is [Clean] for text of several lines, such as an excerpt of a log:
// tabs stay, line ends stay and are all made "\n".
func CleanText(s string) string { return clean(s, true) }

func clean(s string, multiline bool) string {
	first := firstUnclean(s)
	if first == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(s[:first])
	for i := first; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\x1b' || isC1(r):
			size = escapeLength(s[i:])
			if r == '\u0085' { // "next line" is a line end, not a sequence
				b.WriteByte(lineEnd(multiline))
			}
		case r == '\t' && multiline:
			b.WriteByte('\t')
		case r == '\r' && strings.HasPrefix(s[i:], "\r\n"):
			// The line feed that follows speaks for both.
		case isLineEnd(r):
			b.WriteByte(lineEnd(multiline))
		case r == '\t':
			b.WriteByte(' ')
		case r < ' ' || r == '\x7f' || isBidi(r):
		default:
			b.WriteRune(r) // U+FFFD for a byte that is not UTF-8
		}
		i += size
	}
	return b.String()
}

// firstUnclean returns the index of the first byte that is not printable ASCII,
// or the length of s.
func firstUnclean(s string) int {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return i
		}
	}
	return len(s)
}

// lineEnd returns what a line end becomes.
func lineEnd(multiline bool) byte {
	if multiline {
		return '\n'
	}
	return ' '
}

// isLineEnd tells whether some terminal or reader starts a new line at r.
func isLineEnd(r rune) bool {
	switch r {
	case '\n', '\v', '\f', '\r', '\u2028', '\u2029':
		return true
	}
	return false
}

// isC1 tells whether r is of the second set of control characters, which
// terminals obey as they do an escape and a letter.
func isC1(r rune) bool { return r >= 0x80 && r <= 0x9f }

// isBidi tells whether r changes the direction in which other text is shown, by
// which one name can be made to look like another.
func isBidi(r rune) bool {
	switch {
	case r == 0x061c, r == 0x200e, r == 0x200f, // marks
		r >= 0x202a && r <= 0x202e, // embeddings and overrides
		r >= 0x2066 && r <= 0x2069: // isolates
		return true
	}
	return false
}

// escapeLength returns how many bytes of s, which begins with an escape or a C1
// character, a terminal would take for a command. The text of a command that
// never ends is left to be shown, since the operator should see it.
func escapeLength(s string) int {
	r, at := utf8.DecodeRuneInString(s)
	if r == '\x1b' {
		if at == len(s) {
			return at
		}
		r = rune(s[at]) + 0x40 // ESC [ is U+009B, and so on
		if !isC1(r) {
			return at + shortLength(s[at:])
		}
		at++
	}
	switch r {
	case 0x9b: // CSI: parameters, intermediates, one final letter
		return at + controlLength(s[at:])
	case 0x90, 0x98, 0x9d, 0x9e, 0x9f: // DCS, SOS, OSC, PM, APC: a string and its end
		return at + stringLength(s[at:])
	default:
		return at
	}
}

// shortLength returns the length of what follows an escape, when that is no C1
// character in disguise: any intermediates and one final letter.
func shortLength(s string) int {
	n := run(s, ' ', '/')
	return n + min(1, run(s[n:], '0', '~'))
}

// controlLength returns the length of what follows a control sequence
// introducer.
func controlLength(s string) int {
	n := run(s, '0', '?')
	n += run(s[n:], ' ', '/')
	return n + min(1, run(s[n:], '@', '~'))
}

// stringLength returns the length of a string up to and with the terminator that
// ends it, or zero if none does. A line end or another command means that none
// does, which also bounds the search.
func stringLength(s string) int {
	for i, r := range s {
		switch {
		case r == '\a':
			return i + 1
		case r == '\u009c', strings.HasPrefix(s[i:], "\x1b\\"):
			return i + 2
		case r == '\n', r == '\x1b', isC1(r):
			return 0
		}
	}
	return 0
}

// run returns how many bytes at the start of s lie between lo and hi.
func run(s string, lo, hi byte) int {
	n := 0
	for n < len(s) && lo <= s[n] && s[n] <= hi {
		n++
	}
	return n
}
