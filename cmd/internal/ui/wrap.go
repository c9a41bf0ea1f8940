package ui

import (
	"bytes"
	"slices"
	"strings"

	"github.com/clipperhouse/displaywidth"
	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwarp"
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
// tablewriter's trade: it breaks the prose and keeps the lines side by side.
func writeWrapped[T any](w output, on target, columns []Column[T], cells []cell, widths []int) error {
	var laidOut bytes.Buffer
	align := tw.CellAlignment{PerColumn: make([]tw.Align, len(columns))}
	for i, c := range columns {
		align.PerColumn[i] = tw.AlignLeft
		if c.Right {
			align.PerColumn[i] = tw.AlignRight
		}
	}
	table := tablewriter.NewTable(&laidOut,
		tablewriter.WithRendition(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Separators: tw.SeparatorsNone, Lines: tw.LinesNone},
		}),
		tablewriter.WithPadding(tw.Padding{Right: "  ", Overwrite: true}),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone), // broken already, so that each line can be painted
		tablewriter.WithHeaderAlignmentConfig(align),
		tablewriter.WithRowAlignmentConfig(align),
	)
	for start := 0; start < len(cells); start += len(columns) {
		texts := make([]string, len(columns))
		for i, c := range cells[start : start+len(columns)] {
			lines := []string{c.text}
			if columns[i].Wrap {
				lines = breakLines(c.text, widths[i])
			}
			for n, line := range lines {
				lines[n] = on.style.Paint(c.role, line)
			}
			texts[i] = strings.Join(lines, "\n")
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
		line = bytes.TrimRight(line, " \n")
		// Behind a painted cell the library fills up and resets the colour again.
		if rest, ok := bytes.CutSuffix(line, []byte(" \x1b[0m")); ok {
			line = bytes.TrimRight(rest, " ")
		}
		w.putBytes(line)
		if err := w.WriteByte('\n'); err != nil {
			return err
		}
	}
	return nil
}

// Fits reports whether a text, which must be clean, is shown on t.Out as one line:
// where nobody sees how wide it is, any is.
func (t *Terminal) Fits(text string) bool {
	return !t.OutTTY || displaywidth.String(text) <= t.Width()
}

// Fold breaks a text, which must be clean, into lines that stand behind a lead
// on t.Out, if that is a terminal and too narrow; what does not fit into so many
// lines is cut off. The lines after the first have blanks for a lead.
func (t *Terminal) Fold(lead, text string, most int) []string {
	room := t.Width() - displaywidth.String(lead)
	if !t.OutTTY || displaywidth.String(text) <= room || room < minWrapped {
		return []string{lead + text}
	}
	lines := breakLines(text, room)
	if len(lines) > most {
		rest := strings.Join(lines[most-1:], " ")
		lines = append(lines[:most-1], displaywidth.TruncateString(rest, room, t.ellipsis()))
	}
	for i, line := range lines {
		lines[i] = lead + line
		lead = strings.Repeat(" ", displaywidth.String(lead))
	}
	return lines
}

// Break breaks a text, which must be clean, into lines no wider than width.
func Break(text string, width int) []string { return breakLines(text, width) }

// breakLines breaks text into lines no wider than width: between words, and
// within those that are longer than a line.
func breakLines(text string, width int) []string {
	var words []string
	for word := range strings.FieldsSeq(text) {
		for displaywidth.String(word) > width {
			head := displaywidth.TruncateString(word, width, "")
			if head == "" { // a character wider than the column
				break
			}
			words = append(words, head)
			word = word[len(head):]
		}
		words = append(words, word)
	}
	lines, _ := twwarp.WrapString(strings.Join(words, " "), width)
	return lines
}
