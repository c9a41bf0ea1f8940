package ui

import "strings"

// Spark returns a line of one character for each of the last so many values, as
// high as the value beside the highest of them. Nothing is a blank, and anything
// above it shows at least a trace.
func (t *Terminal) Spark(values []float64, width int) string {
	values = values[max(0, len(values)-max(width, 0)):]
	levels := []rune("▁▂▃▄▅▆▇█")
	if !t.unicode {
		levels = []rune(".:-=+*#@")
	}
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	var b strings.Builder
	for _, v := range values {
		if v <= 0 {
			b.WriteByte(' ')
			continue
		}
		b.WriteRune(levels[min(int(v/most*float64(len(levels))), len(levels)-1)])
	}
	return b.String()
}
