package ui

import "github.com/clipperhouse/displaywidth"

// Live is a line at the bottom of the terminal that is redrawn whenever it is
// set, for what a [Progress] cannot count. Elsewhere, and with --quiet, it shows
// nothing: what has to stay is said besides.
type Live struct {
	t    *Terminal
	last string
}

// Live begins a line. Done must be called at the end.
func (t *Terminal) Live() *Live { return &Live{t: t} }

// Shown reports whether anybody sees it.
func (l *Live) Shown() bool { return l.t.redraws && !l.t.quiet }

// Set shows a text in place of the last one, as much of it as fits into a line.
func (l *Live) Set(text string) {
	if !l.Shown() {
		return
	}
	l.t.screen.mu.Lock()
	defer l.t.screen.mu.Unlock()
	if text = l.t.cutToWidth(Clean(text)); text != l.last {
		l.last = text
		l.t.screen.draw(text)
	}
}

// Done takes the line off.
func (l *Live) Done() {
	if !l.Shown() {
		return
	}
	l.t.screen.mu.Lock()
	defer l.t.screen.mu.Unlock()
	l.t.screen.draw("")
}

// cutToWidth leaves of a text what fits into a line that is redrawn.
func (t *Terminal) cutToWidth(text string) string {
	return displaywidth.TruncateString(text, max(t.Width()-1, 0), t.ellipsis())
}
