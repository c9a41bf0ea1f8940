package e2e

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// display is what stands on a terminal's screen after all that was written to it:
// as much of xterm as programs use that redraw no more than what has changed.
type display struct {
	cells       [][]rune
	row, col    int
	top, bottom int  // the margins between which lines scroll
	full        bool // the last column was written to: the next character wraps
	alternate   bool // the other screen is shown, whose end brings back the first
	hidden      bool // the cursor is
	rest        []byte
	strange     []string // what is not known here
}

func newDisplay(rows, cols int) *display {
	d := &display{}
	d.resize(rows, cols)
	return d
}

// resize makes the screen larger or smaller. What was on it stays, as far as there
// is room.
func (d *display) resize(rows, cols int) {
	old := d.cells
	d.cells = make([][]rune, rows)
	for i := range d.cells {
		d.cells[i] = blank(cols)
		if i < len(old) {
			copy(d.cells[i], old[i])
		}
	}
	d.top, d.bottom = 0, rows-1
	d.move(d.row, d.col)
}

func blank(cols int) []rune { return slices.Repeat([]rune{' '}, cols) }

// lines are the lines, without the blanks at their ends.
func (d *display) lines() []string {
	lines := make([]string, len(d.cells))
	for i, row := range d.cells {
		lines[i] = strings.TrimRight(string(row), " ")
	}
	return lines
}

// Write takes in what a program writes, which may break off anywhere.
func (d *display) Write(text []byte) (int, error) {
	d.rest = append(d.rest, text...)
	for len(d.rest) > 0 {
		n := d.take(d.rest)
		if n == 0 { // the rest is still to come
			break
		}
		d.rest = d.rest[n:]
	}
	return len(text), nil
}

// take takes in a character or a sequence, and returns how long it was; 0 if its
// end is not there yet.
func (d *display) take(text []byte) int {
	if text[0] == '\x1b' {
		return d.escape(text)
	}
	if !utf8.FullRune(text) {
		return 0
	}
	r, n := utf8.DecodeRune(text)
	switch r {
	case '\r':
		d.move(d.row, 0)
	case '\n':
		d.feed()
	case '\b':
		d.move(d.row, d.col-1)
	case '\t':
		d.move(d.row, (d.col/8+1)*8)
	case '\a':
	default:
		d.put(r)
	}
	return n
}

func (d *display) put(r rune) {
	if d.full {
		d.col = 0
		d.feed()
	}
	d.cells[d.row][d.col] = r
	if d.full = d.col == len(d.cells[0])-1; !d.full {
		d.col++
	}
}

// feed goes to the next line, and scrolls at the margin.
func (d *display) feed() {
	d.full = false
	if d.row == d.bottom {
		d.scroll(d.top, 1)
		return
	}
	d.move(d.row+1, d.col)
}

// scroll moves the lines from one of them to the margin up by n, or down if n is
// negative.
func (d *display) scroll(from, n int) {
	for range max(n, -n) {
		if n > 0 {
			copy(d.cells[from:d.bottom], d.cells[from+1:d.bottom+1])
			d.cells[d.bottom] = blank(len(d.cells[0]))
		} else {
			copy(d.cells[from+1:d.bottom+1], d.cells[from:d.bottom])
			d.cells[from] = blank(len(d.cells[0]))
		}
	}
}

func (d *display) move(row, col int) {
	d.full = false
	d.row, d.col = min(max(row, 0), len(d.cells)-1), min(max(col, 0), len(d.cells[0])-1)
}

// erase blanks the cells of a line from one column to before another.
func (d *display) erase(row, from, to int) {
	for col := from; col < min(to, len(d.cells[row])); col++ {
		d.cells[row][col] = ' '
	}
}

// escape takes in a sequence that begins with ESC.
func (d *display) escape(text []byte) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '[':
		end := slices.IndexFunc(text[2:], func(b byte) bool { return b >= '@' && b <= '~' })
		if end < 0 {
			return 0
		}
		d.control(string(text[2:2+end]), text[2+end])
		return end + 3
	case ']', 'P', '_': // a title, a question or the like, which ends with BEL or ESC \
		for i := 2; i < len(text); i++ {
			if text[i] == '\a' {
				return i + 1
			}
			if text[i] == '\\' && text[i-1] == '\x1b' {
				return i + 1
			}
		}
		return 0
	case '(', ')':
		return 3
	case 'M':
		if d.row == d.top {
			d.scroll(d.top, -1)
		} else {
			d.move(d.row-1, d.col)
		}
	case '=', '>', '7', '8', 'c':
	default:
		d.strange = append(d.strange, string(text[:2]))
	}
	return 2
}

// control does what a control sequence says.
func (d *display) control(parameters string, final byte) {
	if strings.ContainsAny(parameters, "?<=>!$ ") {
		d.mode(parameters, final)
		return
	}
	var numbers []int
	for field := range strings.SplitSeq(parameters, ";") {
		n, _ := strconv.Atoi(field)
		numbers = append(numbers, n)
	}
	nth := func(i int) int { // 1 if it is left out
		if i < len(numbers) && numbers[i] > 0 {
			return numbers[i]
		}
		return 1
	}
	n, width := nth(0), len(d.cells[0])
	switch final {
	case 'A':
		d.move(d.row-n, d.col)
	case 'B', 'e':
		d.move(d.row+n, d.col)
	case 'C', 'a':
		d.move(d.row, d.col+n)
	case 'D':
		d.move(d.row, d.col-n)
	case 'G', '`':
		d.move(d.row, n-1)
	case 'd':
		d.move(n-1, d.col)
	case 'H', 'f':
		d.move(n-1, nth(1)-1)
	case 'I':
		d.move(d.row, (d.col/8+n)*8)
	case 'Z':
		d.move(d.row, ((d.col+7)/8-n)*8)
	case 'J', 'K':
		d.clear(final, numbers[0])
	case 'X':
		d.erase(d.row, d.col, d.col+n)
	case 'P':
		d.cells[d.row] = append(slices.Delete(d.cells[d.row], d.col, min(d.col+n, width)), blank(min(n, width-d.col))...)
	case '@':
		d.cells[d.row] = slices.Insert(d.cells[d.row], d.col, blank(n)...)[:width]
	case 'L':
		d.scroll(d.row, -n)
	case 'M':
		d.scroll(d.row, n)
	case 'S':
		d.scroll(d.top, n)
	case 'T':
		d.scroll(d.top, -n)
	case 'r':
		d.top, d.bottom = n-1, len(d.cells)-1
		if len(numbers) > 1 {
			d.bottom = min(numbers[1], len(d.cells)) - 1
		}
		d.move(0, 0)
	case 'm', 'n', 'c', 't', 'h', 'l': // colours, questions, modes that do not show
	default:
		d.strange = append(d.strange, parameters+string(final))
	}
}

// clear blanks the screen (J) or the line (K): what is behind the cursor, before
// it, or all.
func (d *display) clear(what byte, which int) {
	from, to := d.col, len(d.cells[0])
	switch which {
	case 1:
		from, to = 0, d.col+1
	case 2:
		from = 0
	}
	d.erase(d.row, from, to)
	for row := range d.cells {
		if what == 'J' && (which == 2 || which == 0 && row > d.row || which == 1 && row < d.row) {
			d.erase(row, 0, len(d.cells[0]))
		}
	}
}

// mode is a private mode that is set or reset, or a question about one.
func (d *display) mode(parameters string, final byte) {
	on := final == 'h'
	if !on && final != 'l' {
		return
	}
	switch parameters {
	case "?25":
		d.hidden = !on
	case "?1049":
		d.alternate = on
		d.resize(len(d.cells), len(d.cells[0]))
		for row := range d.cells {
			d.erase(row, 0, len(d.cells[0]))
		}
	}
}
