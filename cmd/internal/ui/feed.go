package ui

import (
	"fmt"
)

// Feed prints an answer that goes on, such as a watch: rows as they come. As a
// table its header stands once, at the top, and columns only grow; JSON is one
// object a line, without a document around them.
type Feed[T any] struct {
	t      *Terminal
	format Format
	doc    Document[T]
	widths []int
}

// NewFeed returns a Feed of rows that look as d says; d's own rows are ignored.
// Formats that need the whole answer first are refused with ErrFormat.
func NewFeed[T any](t *Terminal, f Format, d Document[T]) (*Feed[T], error) {
	switch f = f.orTable(); f {
	case Table, Wide, JSON, Name:
		return &Feed[T]{t: t, format: f, doc: d}, nil
	default:
		return nil, fmt.Errorf("%w: with --watch, one of table, wide, json, name", ErrFormat)
	}
}

// Show prints some more rows.
func (f *Feed[T]) Show(rows []T) error {
	return f.t.write(func(w output) error {
		switch f.format {
		case JSON:
			return writeLines(w, rows)
		case Name:
			return writeNames(w, f.doc.Name, rows)
		default:
			return f.writeRows(w, rows)
		}
	})
}

func writeLines[T any](w output, rows []T) error {
	m := newMarshaler("", "")
	for i := range rows {
		line, err := m.marshal(&rows[i])
		if err != nil {
			return err
		}
		w.putBytes(line)
		if err := w.WriteByte('\n'); err != nil {
			return err
		}
	}
	return nil
}

func (f *Feed[T]) writeRows(w output, rows []T) error {
	on := target{tty: f.t.OutTTY, width: f.t.Width(), style: f.t.OutStyle, ellipsis: f.t.ellipsis()}
	shown := shownColumns(f.doc.Columns, f.format == Wide)
	cells := cellsOf(on, shown, rows)
	first := f.widths == nil
	widths := naturalWidths(cells, len(shown))
	for i := range f.widths {
		widths[i] = max(widths[i], f.widths[i])
	}
	if excess := sum(widths) + columnGap*(len(widths)-1) - on.width; on.tty && excess > 0 {
		fitByCutting(shown, cells, widths, excess)
	}
	f.widths = widths
	if !first {
		cells = cells[len(shown):]
	}
	return writeCells(w, on, shown, cells, widths)
}
