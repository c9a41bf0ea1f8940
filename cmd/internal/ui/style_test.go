package ui

import "testing"

func TestColors(t *testing.T) {
	t.Parallel()
	type env = map[string]string
	for name, c := range map[string]struct {
		mode ColorMode
		tty  bool
		env  env
		want bool
	}{
		"terminal":                  {tty: true, want: true},
		"pipe":                      {},
		"always":                    {mode: ColorAlways, want: true},
		"always despite NO_COLOR":   {mode: ColorAlways, env: env{"NO_COLOR": "1"}, want: true},
		"never":                     {mode: ColorNever, tty: true},
		"never despite force":       {mode: ColorNever, tty: true, env: env{"CLICOLOR_FORCE": "1"}},
		"NO_COLOR":                  {tty: true, env: env{"NO_COLOR": "1"}},
		"NO_COLOR is empty":         {tty: true, env: env{"NO_COLOR": ""}, want: true},
		"NO_COLOR goes before":      {tty: true, env: env{"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}},
		"forced in a pipe":          {env: env{"CLICOLOR_FORCE": "1"}, want: true},
		"not forced":                {env: env{"CLICOLOR_FORCE": "0"}},
		"dumb":                      {tty: true, env: env{"TERM": "dumb"}},
		"forced though dumb":        {tty: true, env: env{"TERM": "dumb", "CLICOLOR_FORCE": "1"}, want: true},
		"auto is what nothing says": {mode: ColorAuto, tty: true, want: true},
	} {
		if got := c.mode.colors(c.tty, func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestStyle(t *testing.T) {
	t.Parallel()
	on, off := newStyle(true), newStyle(false)
	for name, c := range map[string]struct {
		paint func(Style) string
		want  string
	}{
		"good":        {func(s Style) string { return s.Good("x") }, "\x1b[32mx\x1b[0m"},
		"warn":        {func(s Style) string { return s.Warn("x") }, "\x1b[33mx\x1b[0m"},
		"bad":         {func(s Style) string { return s.Bad("x") }, "\x1b[31;1mx\x1b[0;22m"},
		"dim":         {func(s Style) string { return s.Dim("x") }, "\x1b[2mx\x1b[22m"},
		"bold":        {func(s Style) string { return s.Bold("x") }, "\x1b[1mx\x1b[22m"},
		"header":      {func(s Style) string { return s.Header("x") }, "\x1b[1mx\x1b[22m"},
		"plain":       {func(s Style) string { return s.Paint(Plain, "x") }, "x"},
		"no such one": {func(s Style) string { return s.Paint(99, "x") }, "x"},
	} {
		if got := c.paint(on); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
		if got := c.paint(off); got != "x" {
			t.Errorf("%s: got %q where no colour is wanted", name, got)
		}
	}
	if got := on.Bad(""); got != "" {
		t.Errorf("nothing was painted: %q", got)
	}
	if !on.Enabled() || off.Enabled() {
		t.Error("styles do not know whether they colour")
	}
}

func TestColorModeFlag(t *testing.T) {
	t.Parallel()
	var m ColorMode
	equal(t, m.String(), "auto")
	for _, mode := range ColorModes() {
		if err := m.Set(mode); err != nil || m.String() != mode {
			t.Errorf("%s: became %s, %v", mode, m, err)
		}
	}
	if err := m.Set("sometimes"); err == nil || err.Error() != "must be one of auto, always, never" {
		t.Errorf("got %v", err)
	}
}
