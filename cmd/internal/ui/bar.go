package ui

import "strings"

// Bar returns a bar for n of most that is at most width columns long: an eighth
// of a column fine where the locale allows, of # characters where it does not.
// Anything above nothing shows at least a trace.
func (t *Terminal) Bar(n, most, width int) string {
	if n <= 0 || most <= 0 || width <= 0 {
		return ""
	}
	n = min(n, most)
	if !t.unicode {
		return strings.Repeat("#", atLeastOne(n*width/most))
	}
	eighths := atLeastOne(n * width * 8 / most)
	bar := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		bar += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return bar
}

func atLeastOne(n int) int { return max(n, 1) }
