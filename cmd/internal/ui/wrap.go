package ui

import (
	"bufio"
	"bytes"
	"slices"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"
)

// minWrapped is the narrowest a column of prose becomes: below it, lines of one
// word each are harder to read than one long line.
const minWrapped = 24

// fitByWrapping returns the widths at which the columns of prose make the table
// fit, and whether there are such columns and such widths.
func fitByWrapping[T any](columns []Column[T], cells []cell, widths []int, excess int) ([]int, bool) {
	var marked []int
	for i, c := range columns {
		if c.Wrap {
			marked = append(marked, i)
		}
	}
	narrowed := slices.Clone(widths)
	left := narrow(narrowed, marked, excess, func(i int) int { return floor(cells[i], minWrapped) })
	return narrowed, left == 0
}

// writeWrapped writes a table some of whose cells take several lines, which is
// tablewriter's trade. Cells of prose are not painted, since a colour would run
// on into the cell beside it where a line is broken.
func writeWrapped[T any](w *bufio.Writer, on target, columns []Column[T], cells []cell, widths []int) error {
	var laidOut bytes.Buffer
	limits := tw.NewMapper[int, int]()
	align := make(tw.Alignment, len(columns))
	for i, c := range columns {
		limits.Set(i, widths[i]+columnGap)
		align[i] = tw.AlignLeft
		if c.Right {
			align[i] = tw.AlignRight
		}
	}
	table := tablewriter.NewTable(&laidOut,
		tablewriter.WithRendition(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Separators: tw.SeparatorsNone, Lines: tw.LinesNone},
		}),
		tablewriter.WithPadding(tw.Padding{Right: "  ", Overwrite: true}),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithRowAutoWrap(tw.WrapNormal),
		tablewriter.WithHeaderAlignmentConfig(tw.CellAlignment{PerColumn: align}),
		tablewriter.WithRowAlignmentConfig(tw.CellAlignment{PerColumn: align}),
		tablewriter.WithRowMaxWidth(0),
		tablewriter.WithConfig(tablewriter.Config{
			Row: tw.CellConfig{ColMaxWidths: tw.CellWidth{PerColumn: limits}},
		}),
	)
	for start := 0; start < len(cells); start += len(columns) {
		texts := make([]string, len(columns))
		for i, c := range cells[start : start+len(columns)] {
			texts[i] = c.text
			if !columns[i].Wrap || start == 0 {
				texts[i] = on.style.Paint(c.role, c.text)
			}
		}
		if start == 0 {
			table.Header(texts)
		} else if err := table.Append(texts); err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return err
	}
	for line := range bytes.Lines(laidOut.Bytes()) {
		w.Write(bytes.TrimRight(line, " \n"))
		if err := w.WriteByte('\n'); err != nil {
			return err
		}
	}
	return nil
}
