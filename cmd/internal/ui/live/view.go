package live

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/clipperhouse/displaywidth"

	"github.com/binderctl/binderctl/cmd/internal/ui"
)

const (
	markWidth  = 11
	nameWidth  = 11
	sparkWidth = 14 // on a narrow screen; on a wide one there is room for an hour
	hour       = 60
	wide       = 120 // columns from which on a screen is wide
	// detailFrame is how many lines the details have around them.
	detailFrame = 4
	// jumpLines are those below what there is to know of a row: the two commands to
	// jump to, and the keys.
	jumpLines = 3
)

// View draws the screen.
func (m *model) View() tea.View {
	lines := m.list()
	if m.detail != nil {
		lines = m.details()
	}
	if len(lines) > m.height {
		lines = append(lines[:max(m.height-1, 0)], lines[len(lines)-1]) // the keys stay
	}
	view := tea.NewView(strings.Join(lines, "\n"))
	view.AltScreen = true
	return view
}

// list is the list, and what there is to know of the chosen row.
func (m *model) list() []string {
	if !m.seen {
		return m.fill([]string{m.cut("looking" + m.o.Term.Ellipsis())}, "q quits")
	}
	style := m.o.Term.OutStyle
	lines := []string{m.cut(m.frame.Title), m.painted(m.frame.Role, m.frame.Mark, m.frame.Sum), ""}
	at := m.at()
	for i, row := range m.frame.Rows {
		lines = append(lines, m.row(row, i == at))
	}
	if at >= 0 {
		row := m.frame.Rows[at]
		lines = append(lines, "", style.Bold(m.cut(row.Name)))
		lines = append(lines, m.wrapped("", row.Says)...)
		for _, more := range row.More {
			lines = append(lines, m.wrapped("- ", more)...)
		}
		if len(row.Trend) > 0 && row.Of != "" {
			room := m.width - displaywidth.String(row.Of) - 2
			lines = append(lines, m.cut(row.Of+": "+m.o.Term.Spark(row.Trend, min(room, hour))))
		}
		if most := m.height - jumpLines; len(lines) > most {
			lines = lines[:max(most, 0)]
		}
		for _, jump := range []struct{ key, command string }{{"enter: ", row.Next}, {"b: ", row.Book}} {
			if jump.command != "" {
				lines = append(lines, m.cut(jump.key+jump.command))
			}
		}
	}
	keys := "q quits, enter details, b runbook, r now, up/down choose"
	if m.looking {
		keys += "  (looking)"
	}
	return m.fill(lines, keys)
}

// row is a line of the list: the state, the name, as much of what it says as
// there is room for, and what the figure was like.
func (m *model) row(row Row, chosen bool) string {
	cursor := "  "
	if chosen {
		cursor = "> "
	}
	sparkRoom := sparkWidth
	if m.width >= wide {
		sparkRoom = hour
	}
	spark := m.o.Term.Spark(row.Trend, sparkRoom)
	mark := fmt.Sprintf("%-*s", markWidth, row.Mark)
	room := m.width - len(cursor) - markWidth - nameWidth - sparkRoom - 2
	says := displaywidth.TruncateString(row.Says, max(room, 0), m.o.Term.Ellipsis())
	blanks := strings.Repeat(" ", max(room-displaywidth.String(says), 0)+2)
	name := fmt.Sprintf("%-*s", nameWidth, row.Name)
	style := m.o.Term.OutStyle
	if chosen {
		name = style.Bold(name)
	}
	return cursor + style.Paint(row.Role, mark) + name + says + blanks + spark
}

// details is the output of a command.
func (m *model) details() []string {
	d := m.detail
	lines := []string{m.o.Term.OutStyle.Bold(m.cut(d.title)), ""}
	if !d.ready {
		return m.fill(append(lines, m.cut("looking"+m.o.Term.Ellipsis())), "q quits, esc back")
	}
	page := max(m.height-detailFrame, 1)
	end := min(d.top+page, len(d.lines))
	for _, line := range d.lines[min(d.top, end):end] {
		lines = append(lines, m.cut(line))
	}
	keys := "q quits, esc back, r again"
	if len(d.lines) > page {
		keys += fmt.Sprintf("; lines %d to %d of %d: up/down, pgup/pgdown", d.top+1, end, len(d.lines))
	}
	return m.fill(lines, keys)
}

// fill puts the keys into the last line.
func (m *model) fill(lines []string, keys string) []string {
	for len(lines) < m.height-1 {
		lines = append(lines, "")
	}
	return append(lines, m.o.Term.OutStyle.Dim(m.cut(keys)))
}

func (m *model) cut(text string) string {
	return displaywidth.TruncateString(text, m.width, m.o.Term.Ellipsis())
}

// painted is a line that begins with a word in a colour.
func (m *model) painted(role ui.Role, mark, rest string) string {
	line := m.cut(mark + "  " + rest)
	if after, ok := strings.CutPrefix(line, mark); ok {
		return m.o.Term.OutStyle.Paint(role, mark) + after
	}
	return line
}

// wrapped breaks a text into lines.
func (m *model) wrapped(lead, text string) []string {
	lines := ui.Break(text, max(m.width-len(lead), 1))
	for i, line := range lines {
		lines[i] = lead + line
		lead = strings.Repeat(" ", len(lead))
	}
	return lines
}
