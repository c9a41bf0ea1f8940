// Package shell writes commands as they are typed. What is in them may come from a
// cluster, where anybody chooses names, and operators copy what they are shown.
package shell

import (
	"strings"
	"unicode"
)

// Line is a command as a POSIX shell takes it: whatever a shell could read as more
// than a plain word is in quotes.
func Line(words []string) string {
	line := make([]string, len(words))
	for i, word := range words {
		line[i] = word
		if word == "" || strings.ContainsFunc(word, meansMore) {
			line[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(line, " ")
}

// meansMore reports whether a character may mean something to a shell. Those that
// surely do not are fewer, and are known.
func meansMore(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("@%+=:,./-_…", r)
}
