package ui

import (
	"regexp"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// aCommand matches a command of ours in a message: to the end, or to the semicolon
// that divides it from what else is said, unless that is quoted. The shell's $ before
// it stays with it.
var aCommand = regexp.MustCompile(`(?:\$ )?\S*\bbinderctl (?:'[^']*'|[^';])+;?`)

// breakAround is breakLines for a message that may have commands in it. They are
// not broken: one that does not fit begins a line, and one that is wider than the
// terminal is left to it, which copies it as the one line that it is.
func breakAround(text string, width int) []string {
	commands := aCommand.FindAllStringIndex(text, -1)
	if len(commands) == 0 {
		return breakLines(text, width)
	}
	var lines []string
	add := func(pieces ...string) {
		for _, piece := range pieces {
			last := len(lines) - 1
			if last < 0 || displaywidth.String(lines[last])+1+displaywidth.String(piece) > width {
				lines = append(lines, piece)
			} else {
				lines[last] += " " + piece
			}
		}
	}
	from := 0
	for _, at := range commands {
		add(strings.Fields(text[from:at[0]])...)
		add(strings.TrimSpace(text[at[0]:at[1]]))
		from = at[1]
	}
	add(strings.Fields(text[from:])...)
	return lines
}
