package runbook

import (
	"regexp"
	"strings"

	"github.com/binderctl/binderctl/cmd/internal/shell"
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

// commandOf is a command as one would type it.
func commandOf(words []string) string { return "binderctl " + shell.Line(words) }

// written is a step's command as the runbook has it: with the names of what no
// step has captured yet.
func (s Step) written() string {
	line := []string{"binderctl"}
	for _, word := range s.Words {
		if _, _, ok := variable(word); !ok {
			word = shell.Line([]string{word})
		}
		line = append(line, word)
	}
	return strings.Join(line, " ")
}
