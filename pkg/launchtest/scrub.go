package launchtest

import (
	"regexp"
	"slices"
	"strings"
)

// secretPattern finds what gives access to a server in a text.
var secretPattern = regexp.MustCompile(`(?i)((?:token|authorization|password|secret)["']?\s*[=:]\s*["']?(?:token |bearer |basic )?)[^\s"'&,;]+`)

// scrub takes what is secret out of a text: the server's token, and what looks
// like one.
func (s *story) scrub(text string) string {
	if s.token != "" {
		text = strings.ReplaceAll(text, s.token, "…")
	}
	if !mayHoldSecret(text) {
		return text
	}
	return secretPattern.ReplaceAllString(text, "${1}…")
}

// mayHoldSecret spares most lines of a log the pattern, which is a hundred times
// as slow (measured).
func mayHoldSecret(text string) bool {
	return slices.ContainsFunc([]string{"oken", "OKEN", "uthoriz", "UTHORIZ", "assw", "ASSW", "ecret", "ECRET"}, func(word string) bool {
		return strings.Contains(text, word)
	})
}
