package runbook

import (
	"regexp"
	"strings"
)

// wordPattern finds the words of a command: quotes keep blanks together.
var wordPattern = regexp.MustCompile(`(?:'[^']*'|"[^"]*"|[^\s'"])+`)

// splitWords splits a command as a shell would, as far as runbooks need.
func splitWords(line string) []string {
	words := wordPattern.FindAllString(line, -1)
	for i, word := range words {
		words[i] = strings.NewReplacer("'", "", `"`, "").Replace(word)
	}
	return words
}

// fill puts values in place of their names. A word that is a name alone becomes
// as many words as there are values. It returns the names for which there is
// none.
func fill(words []string, values Values) (filled, missing []string) {
	for _, word := range words {
		name, rest, ok := variable(word)
		if !ok {
			filled = append(filled, word)
			continue
		}
		found := values[name]
		switch {
		case len(found) == 0:
			missing = append(missing, name)
		case rest == "":
			filled = append(filled, found...)
		default:
			filled = append(filled, found[0]+rest)
		}
	}
	return filled, missing
}

// variable takes apart a word such as $REPO=1h.
func variable(word string) (name, rest string, ok bool) {
	name, ok = strings.CutPrefix(word, "$")
	if !ok {
		return "", "", false
	}
	end := strings.IndexFunc(name, func(r rune) bool { return (r < 'A' || r > 'Z') && r != '_' })
	if end < 0 {
		return name, "", true
	}
	return name[:end], name[end:], true
}

// commandOf is a command as one would type it, word by word.
func commandOf(words []string, typed func(word string) string) string {
	line := []string{"binderctl"}
	for _, word := range words {
		line = append(line, typed(word))
	}
	return strings.Join(line, " ")
}

// named leaves the names of what no step has captured yet as the runbook has them.
func named(typed func(word string) string) func(word string) string {
	return func(word string) string {
		if _, _, ok := variable(word); ok {
			return word
		}
		return typed(word)
	}
}
