package ui

import (
	"slices"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// proseLead is what the prose below a row begins with, so that it is not taken
// for a row.
const proseLead = "  "

// hasProse reports whether there is a column of prose beside others.
func hasProse[T any](columns []Column[T]) bool {
	prose := func(c Column[T]) bool { return c.Wrap }
	return slices.ContainsFunc(columns, prose) && slices.ContainsFunc(columns, func(c Column[T]) bool { return !c.Wrap })
}

// writeBelow writes a table that is too narrow for its prose: that stands below
// each row, whole, with its heading. A reason that is cut in the middle is none.
func writeBelow[T any](w output, on target, columns []Column[T], cells []cell) error {
	n := len(columns)
	beside := slices.DeleteFunc(slices.Clone(columns), func(c Column[T]) bool { return c.Wrap })
	kept := make([]cell, 0, len(cells))
	for i, c := range cells {
		if !columns[i%n].Wrap {
			kept = append(kept, c)
		}
	}
	widths := naturalWidths(kept, len(beside))
	if excess := sum(widths) + columnGap*(len(widths)-1) - on.width; excess > 0 {
		fitByCutting(beside, kept, widths, excess)
	}
	for row := range len(cells) / n {
		if err := writeCells(w, on, beside, kept[row*len(beside):(row+1)*len(beside)], widths); err != nil {
			return err
		}
		for i, c := range cells[row*n : (row+1)*n] {
			if row > 0 && columns[i].Wrap && c.text != "" {
				writeProse(w, on, strings.ToLower(columns[i].Header)+": ", c)
			}
		}
	}
	return nil
}

// writeProse writes a text below its row, in as many lines as it takes.
func writeProse(w output, on target, title string, c cell) {
	room := max(on.width-displaywidth.String(proseLead), minShrunk)
	for _, line := range breakLines(title+c.text, room) {
		w.put(proseLead, on.style.Paint(c.role, line), "\n")
	}
}
