package ui

import (
	"context"
	"fmt"
	"strings"
)

// Choose asks which of a few things to do, each named by a word, and returns the
// word. Its first letter is enough, so these must differ. It asks again after
// anything else; the errors are those of Confirm.
func (t *Terminal) Choose(ctx context.Context, question string, words ...string) (string, error) {
	shown := make([]string, len(words))
	for i, word := range words {
		shown[i] = "[" + word[:1] + "]" + word[1:]
	}
	prompt := fmt.Sprintf("%s %s: ", Clean(question), strings.Join(shown, ", "))
	for {
		answer, err := t.ask(ctx, prompt)
		if err != nil {
			return "", err
		}
		answer = strings.ToLower(strings.TrimSpace(answer))
		for _, word := range words {
			if answer == word || answer == word[:1] {
				return word, nil
			}
		}
	}
}
