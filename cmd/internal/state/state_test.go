package state

import "testing"

func TestPath(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env  map[string]string
		want string
	}{
		"by default":                   {map[string]string{"HOME": "/home/ana"}, "/home/ana/.local/state/binderctl/journal.ndjson"},
		"where XDG says":               {map[string]string{"HOME": "/home/ana", "XDG_STATE_HOME": "/state"}, "/state/binderctl/journal.ndjson"},
		"not where one happens to be":  {map[string]string{"HOME": "/home/ana", "XDG_STATE_HOME": "state"}, "/home/ana/.local/state/binderctl/journal.ndjson"},
		"on a machine without HOME":    {map[string]string{"USERPROFILE": "/users/ana"}, "/users/ana/.local/state/binderctl/journal.ndjson"},
		"nowhere for who has no home":  {nil, ""},
		"nor for who has half a home":  {map[string]string{"HOME": "."}, ""},
		"nor where half a path is all": {map[string]string{"XDG_STATE_HOME": "state"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Path(func(name string) string { return test.env[name] }, "journal.ndjson"); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
