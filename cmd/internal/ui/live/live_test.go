package live

import (
	"context"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/clipperhouse/displaywidth"

	"github.com/binderctl/binderctl/cmd/internal/ui"
)

// screen is a model that has seen one frame, on a screen of that size.
func screen(t *testing.T, width, height int) *model {
	t.Helper()
	getenv := func(name string) string { return map[string]string{"LANG": "C.UTF-8", "NO_COLOR": "1"}[name] }
	frame := Frame{Title: "namespace prod of gke", Mark: "!! BAD", Sum: "1 bad, 1 well", Rows: []Row{
		{
			Mark: "!! bad", Name: "hub", Says: "blind: " + strings.Repeat("it does not see its pods ", 8), Next: "binderctl hub status", Book: "binderctl runbook show hub-blind",
			More: []string{"reflector: dead"}, Trend: []float64{1, 2, 4}, Of: "servers",
		},
		{Mark: "ok", Name: "nodes", Says: "none of 9 is unhealthy"},
	}}
	m := newModel(context.Background(), Options{
		Term: ui.NewTerminal(ui.Streams{Getenv: getenv}),
		Look: func(context.Context) Frame { return frame },
		Detail: func(_ context.Context, row Row, _ int) []string {
			return strings.Split(strings.Repeat("line of "+row.Name+"\n", 99)+"the end", "\n")
		},
		Book: func(_ context.Context, row Row, _ int) []string { return []string{"what to do about " + row.Name} },
	})
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	m.Update(m.Init()())
	return m
}

// typed types a key and has what it asks for done.
func (m *model) typed(key rune) {
	if _, do := m.Update(tea.KeyPressMsg(tea.Key{Code: key, Text: text(key)})); do != nil {
		m.Update(do())
	}
}

func text(key rune) string {
	if key > ' ' && key < 0x7f {
		return string(key)
	}
	return ""
}

// shown is what is on the screen, which must fit into it.
func (m *model) shown(t *testing.T) string {
	t.Helper()
	content := m.View().Content
	lines := strings.Split(content, "\n")
	if len(lines) != m.height {
		t.Errorf("%d lines on a screen of %d", len(lines), m.height)
	}
	for _, line := range lines {
		if w := displaywidth.String(line); w > m.width {
			t.Errorf("a line of %d on a screen of %d: %q", w, m.width, line)
		}
	}
	return content
}

func has(t *testing.T, content string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(content, w) {
			t.Errorf("it does not show %q:\n%s", w, content)
		}
	}
}

func TestScreensOfAllSizes(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {200, 60}, {40, 10}, {20, 5}} {
		m := screen(t, size[0], size[1])
		content := m.shown(t)
		if size[0] >= 40 {
			has(t, content, "> !! bad     hub", "q quits")
		}
	}
	has(t, screen(t, 80, 24).shown(t), "▃▅█", "- reflector: dead", "enter: binderctl hub status", "b: binderctl runbook show hub-blind", "servers: ▃▅█")
}

func TestKeys(t *testing.T) {
	t.Parallel()
	m := screen(t, 80, 24)
	m.typed(tea.KeyDown)
	m.typed(tea.KeyDown) // there is nothing below
	has(t, m.shown(t), "> ok         nodes")
	m.typed(tea.KeyUp)
	m.typed(tea.KeyEnter)
	has(t, m.shown(t), "binderctl hub status", "line of hub", "lines 1 to 20 of 100", "esc back")
	m.typed(tea.KeyEnd)
	has(t, m.shown(t), "the end", "lines 81 to 100 of 100")
	m.typed(tea.KeyEscape)
	has(t, m.shown(t), "> !! bad     hub")
	m.typed('b')
	has(t, m.shown(t), "binderctl runbook show hub-blind", "what to do about hub")
	m.typed('r')
	has(t, m.shown(t), "what to do about hub")
	m.typed(tea.KeyEscape)
	m.typed(tea.KeyDown)
	m.typed('b') // of what is well there is none
	has(t, m.shown(t), "> ok         nodes")
	if do := m.press("q"); do == nil || do() != tea.Quit() {
		t.Error("q does not quit")
	}
	if do := m.press("ctrl+c"); do == nil || do() != tea.Quit() {
		t.Error("Ctrl-C does not quit")
	}
}

// TestLooksOneAtATime holds that nobody looks while somebody does, and that an
// old timer starts nothing.
func TestLooksOneAtATime(t *testing.T) {
	t.Parallel()
	m := screen(t, 80, 24)
	first := m.press("r")
	if first == nil || m.press("r") != nil {
		t.Fatal("r does not look once")
	}
	if _, do := m.Update(dueMsg(m.looks)); do != nil {
		t.Error("a timer began a second look")
	}
	old := m.looks
	m.Update(first())
	if _, do := m.Update(dueMsg(old)); do != nil {
		t.Error("the timer of an earlier look began one")
	}
	if _, do := m.Update(dueMsg(m.looks)); do == nil {
		t.Error("its own timer did not")
	}
}

// TestTheCursorStaysWithItsRow though the order changes.
func TestTheCursorStaysWithItsRow(t *testing.T) {
	t.Parallel()
	m := screen(t, 80, 24)
	m.Update(frameMsg{Rows: []Row{{Name: "nodes"}, {Name: "hub", Mark: "ok"}}})
	has(t, m.shown(t), "> ok         hub")
	m.Update(frameMsg{Rows: []Row{{Name: "pods", Mark: "ok"}}})
	has(t, m.shown(t), "> ok         pods")
}
