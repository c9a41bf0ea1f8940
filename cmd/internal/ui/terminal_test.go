package ui

import (
	"io"
	"os"
	"testing"
)

func TestSaying(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tty     bool
		options Options
		want    string
	}{
		"piped":  {want: "looked at 3 pods\nwarning: the \"x\" node\nerror: list pods: boom\nget nodes: bang\n"},
		"quiet":  {options: Options{Quiet: true}, want: "warning: the \"x\" node\nerror: list pods: boom\nget nodes: bang\n"},
		"colour": {tty: true, want: "looked at 3 pods\n\x1b[33mwarning:\x1b[0m the \"x\" node\n\x1b[31;1merror:\x1b[0;22m list pods: boom\nget nodes: bang\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, setup{tty: c.tty})
			f.Configure(c.options)
			f.Say("looked at %d pods", 3)
			f.Warn("the %q node\n", "x")
			f.Error("list \x1b[2Jpods: %s", "boom\nget nodes: bang")
			equal(t, f.err.String(), c.want)
			equal(t, f.out.String(), "")
		})
	}
}

func TestWidth(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		setup setup
		want  int
	}{
		"unknown":          {setup{}, 80},
		"known":            {setup{tty: true, width: 132}, 132},
		"overridden":       {setup{tty: true, width: 132, env: map[string]string{"COLUMNS": "100"}}, 100},
		"badly overridden": {setup{tty: true, width: 132, env: map[string]string{"COLUMNS": "0"}}, 132},
		"not a number":     {setup{tty: true, width: 132, env: map[string]string{"COLUMNS": "wide"}}, 132},
	} {
		if got := newFixture(t, c.setup).Width(); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}

// TestSystem asks the operating system about streams that are no terminals.
func TestSystem(t *testing.T) {
	t.Parallel()
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	term := NewTerminal(Streams{In: file, Out: file, Err: io.Discard})
	if term.InTTY || term.OutTTY || term.ErrTTY {
		t.Errorf("a file is taken for a terminal: %+v", term)
	}
	if got := term.Width(); got != 80 {
		t.Errorf("got width %d, want 80", got)
	}
	if NewTerminal(Streams{Out: io.Discard, Err: io.Discard}).InTTY {
		t.Error("no stdin at all is taken for a terminal")
	}
}

func TestLocale(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  map[string]string
		want bool
	}{
		"none":                {nil, false},
		"LANG":                {map[string]string{"LANG": "de_DE.UTF-8"}, true},
		"another spelling":    {map[string]string{"LANG": "C.utf8"}, true},
		"LC_CTYPE goes first": {map[string]string{"LANG": "de_DE.UTF-8", "LC_CTYPE": "POSIX"}, false},
		"LC_ALL before that":  {map[string]string{"LC_ALL": "C.UTF-8", "LC_CTYPE": "POSIX"}, true},
	} {
		if got := utf8Locale(func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// TestFolded proves that what is said is broken between words on a terminal alone,
// and that a command in it never is.
func TestFolded(t *testing.T) {
	t.Parallel()
	const (
		prose   = "the Hub knows only 200 of these 594 pods: it has lost sight of them"
		command = "binderctl hub restart --reason 'blind; and so on'"
	)
	warn, hint, say := (*Terminal).Warn, (*Terminal).Hint, (*Terminal).Say
	for name, c := range map[string]struct {
		tty  bool
		how  func(*Terminal, string, ...any)
		text string
		want string
	}{
		"a warning":              {true, warn, prose, "warning: the Hub knows only 200 of these 594 pods:\nit has lost sight of them\n"},
		"a hint":                 {true, hint, prose, "hint: the Hub knows only 200 of these 594 pods: it\nhas lost sight of them\n"},
		"a note":                 {true, say, prose, "the Hub knows only 200 of these 594 pods: it has\nlost sight of them\n"},
		"below another":          {true, say, "  the Hub knows only 200 of these 594 pods: not more", "  the Hub knows only 200 of these 594 pods: not\n  more\n"},
		"in a pipe":              {false, hint, prose + ": " + command, "hint: " + prose + ": " + command + "\n"},
		"a command, below":       {true, hint, "sessions live on: " + command, "hint: sessions live on:\n" + command + "\n"},
		"a command that fits":    {true, hint, prose + ": binderctl status", "hint: the Hub knows only 200 of these 594 pods: it\nhas lost sight of them: binderctl status\n"},
		"a command that is wide": {true, warn, "it is so: " + command + " --yes; or not so", "warning: it is so:\n" + command + " --yes;\nor not so\n"},
		"two commands":           {true, say, "read it: binderctl runbook show hub-blind; run it: binderctl runbook run hub-blind", "read it: binderctl runbook show hub-blind; run it:\nbinderctl runbook run hub-blind\n"},
		"one in brackets":        {true, say, "and now you know what is wrong with it all (see binderctl hub status)", "and now you know what is wrong with it all (see\nbinderctl hub status)\n"},
		"as it is typed":         {true, say, "$ " + command + " --yes", "$ " + command + " --yes\n"},
		"our name":               {true, say, "kept in the Hub's namespace, in the ConfigMap binderctl-incident", "kept in the Hub's namespace, in the ConfigMap\nbinderctl-incident\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, setup{tty: c.tty, width: 50, env: map[string]string{"NO_COLOR": "1"}})
			c.how(f.Terminal, "%s", c.text)
			if got := f.err.String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
