package runbook

import (
	"strings"
	"testing"
)

func TestSearch(t *testing.T) {
	t.Parallel()
	dark := lamp(t)
	wet, err := Parse("pipe", []byte(strings.NewReplacer("lamp", "pipe", "Dark.", "It is wet everywhere.", "It is dark, and nobody can\nread.", "Water comes.").Replace(sample)))
	if err != nil {
		t.Fatal(err)
	}
	books := []*Book{dark, wet}
	for words, want := range map[string]string{
		"reading in the dark": "lamp",
		"WET":                 "pipe",
		"lamps":               "lamp",
		"flood":               "pipe", // from the index
		"wetter":              "",     // longer than what is written
		"every":               "pipe", // the beginning of everywhere
	} {
		hits := Search(books, "| a flood | [pipe](pipe.md) |\n", strings.Fields(words))
		if want == "" {
			if len(hits) > 0 {
				t.Errorf("%s: %+v", words, hits)
			}
			continue
		}
		if len(hits) == 0 || hits[0].Book.Name != want || hits[0].Line == "" {
			t.Errorf("%s: %+v", words, hits)
		}
	}
	if hits := Search(books, "", []string{"kubernetes"}); len(hits) != 0 {
		t.Errorf("found %+v", hits)
	}
}
