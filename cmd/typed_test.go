package cmd

import "testing"

func TestTyped(t *testing.T) {
	t.Parallel()
	for want, words := range map[string][]string{
		`pods cull --older-than=6h -n prod`:   {"pods", "cull", "--older-than=6h", "-n", "prod"},
		`--reason 'two words'`:                {"--reason", "two words"},
		`--reason ''`:                         {"--reason", ""},
		`'it'\''s'`:                           {"it's"},
		`'a'\''$(b)'\'''`:                     {"a'$(b)'"},
		"'`id`'":                              {"`id`"},
		`'$HOME'`:                             {"$HOME"},
		"'a\nb'":                              {"a\nb"},
		`'~' '#' '!1' 'a;b' 'a\b' '{a,b}'`:    {"~", "#", "!1", "a;b", `a\b`, "{a,b}"},
		`https://gitlab.com/größe/b_c.git@v1`: {"https://gitlab.com/größe/b_c.git@v1"},
	} {
		if got := typed(words); got != want {
			t.Errorf("%q: %s, want %s", words, got, want)
		}
	}
}
