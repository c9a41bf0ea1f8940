package live

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
)

// model is what is on the screen.
type model struct {
	ctx context.Context //nolint:containedctx // bubbletea gives its callbacks none
	o   Options

	width, height int
	frame         Frame
	seen          bool   // there was a frame
	looking       bool   // the next is on its way
	looks         int    // how many there were, so that an old timer is told
	chosen        string // the name of the row the cursor is on
	detail        *detail
}

// detail is the output of a command that is shown in place of the list.
type detail struct {
	title string // the command
	bring func(width int) []string
	lines []string
	ready bool
	top   int // the first line that is visible
}

func newModel(ctx context.Context, o Options) *model {
	return &model{ctx: ctx, o: o, width: 80, height: 24, looking: true}
}

// Messages.
type (
	frameMsg  Frame
	dueMsg    int // the look after which it was set
	detailMsg struct {
		title string
		lines []string
	}
)

// Init begins the first look.
func (m *model) Init() tea.Cmd { return m.look }

func (m *model) look() tea.Msg { return frameMsg(m.o.Look(m.ctx)) }

// Update takes in what happened.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case frameMsg:
		return m, m.take(Frame(msg))
	case dueMsg:
		if int(msg) == m.looks {
			return m, m.again()
		}
	case detailMsg:
		if m.detail != nil && m.detail.title == msg.title {
			m.detail.lines, m.detail.ready = msg.lines, true
		}
	case tea.KeyPressMsg:
		return m, m.press(msg.String())
	}
	return m, nil
}

// take takes in a frame, and has the next one come after a while. The cursor
// stays with its row, wherever that went.
func (m *model) take(frame Frame) tea.Cmd {
	m.frame, m.seen, m.looking = frame, true, false
	m.looks++
	if m.at() < 0 && len(frame.Rows) > 0 {
		m.chosen = frame.Rows[0].Name
	}
	look := m.looks
	return tea.Tick(m.o.Interval, func(time.Time) tea.Msg { return dueMsg(look) })
}

// again looks, unless somebody is at it.
func (m *model) again() tea.Cmd {
	if m.looking {
		return nil
	}
	m.looking = true
	return m.look
}

// at is where the cursor is; -1 if its row has gone.
func (m *model) at() int {
	for i, row := range m.frame.Rows {
		if row.Name == m.chosen {
			return i
		}
	}
	return -1
}

// press does what a key asks for.
func (m *model) press(key string) tea.Cmd {
	switch key {
	case "q", "ctrl+c", "ctrl+d":
		return tea.Quit
	case "r":
		if m.detail != nil {
			return m.open(m.detail.title, m.detail.bring)
		}
		return m.again()
	}
	if m.detail != nil {
		m.scroll(key)
		return nil
	}
	m.walk(key)
	return m.enter(key)
}

// walk moves the cursor.
func (m *model) walk(key string) {
	switch at := m.at(); key {
	case "up", "k":
		m.choose(at - 1)
	case "down", "j", "tab":
		m.choose(at + 1)
	case "home", "g":
		m.choose(0)
	case "end", "G":
		m.choose(len(m.frame.Rows) - 1)
	}
}

// enter shows what there is of the chosen row.
func (m *model) enter(key string) tea.Cmd {
	at := m.at()
	if at < 0 {
		return nil
	}
	row := m.frame.Rows[at]
	switch key {
	case "enter", "right", "l":
		return m.open(row.Next, func(width int) []string { return m.o.Detail(m.ctx, row, width) })
	case "b":
		if row.Book != "" {
			return m.open(row.Book, func(width int) []string { return m.o.Book(m.ctx, row, width) })
		}
	}
	return nil
}

func (m *model) choose(at int) {
	if rows := m.frame.Rows; len(rows) > 0 {
		m.chosen = rows[min(max(at, 0), len(rows)-1)].Name
	}
}

// open shows the output of a command.
func (m *model) open(title string, bring func(width int) []string) tea.Cmd {
	m.detail = &detail{title: title, bring: bring}
	width := m.width
	return func() tea.Msg { return detailMsg{title, bring(width)} }
}

// scroll moves within the details, or leaves them.
func (m *model) scroll(key string) {
	d, page := m.detail, max(m.height-detailFrame, 1)
	switch key {
	case "esc", "left", "h", "backspace":
		m.detail = nil
		return
	case "up", "k":
		d.top--
	case "down", "j", "enter":
		d.top++
	case "pgup", "b":
		d.top -= page
	case "pgdown", "space", "f":
		d.top += page
	case "home", "g":
		d.top = 0
	case "end", "G":
		d.top = len(d.lines)
	}
	d.top = min(max(d.top, 0), max(len(d.lines)-page, 0))
}
