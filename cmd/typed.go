package cmd

import (
	"strings"
	"unicode"
)

// typed is a command line as a shell takes it. What is in it may come from a
// cluster, where anybody chooses names, and operators copy what they are shown.
func typed(line []string) string {
	words := make([]string, len(line))
	for i, word := range line {
		words[i] = typedWord(word)
	}
	return strings.Join(words, " ")
}

// typedWord has a word in quotes if a POSIX shell could read it as anything more.
func typedWord(word string) string {
	if word != "" && !strings.ContainsFunc(word, meansMore) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// meansMore reports whether a character may mean something to a shell. Those that
// surely do not are fewer, and are known.
func meansMore(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("@%+=:,./-_…", r)
}
