package ui

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFold(t *testing.T) {
	t.Parallel()
	const text = "cannot initiate a connection to the API server, or so it says"
	for name, test := range map[string]struct {
		tty  bool
		text string
		most int
		want []string
	}{
		"in a pipe":           {false, text, 2, []string{"  | " + text}},
		"it fits":             {true, "killed", 2, []string{"  | killed"}},
		"it takes more lines": {true, text, 9, []string{"  | cannot initiate a connection", "    to the API server, or so it", "    says"}},
		"it takes too many":   {true, text, 2, []string{"  | cannot initiate a connection", "    to the API server, or so it…"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			term := NewTerminal(Streams{
				IsTTY: func(any) bool { return test.tty }, Columns: func() int { return 32 },
				Getenv: func(name string) string { return map[string]string{"LANG": "C.UTF-8"}[name] },
			})
			if diff := cmp.Diff(test.want, term.Fold("  | ", test.text, test.most)); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}
