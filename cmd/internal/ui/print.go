package ui

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrFormat means that an answer cannot be written in the format asked for. It
// is the caller's mistake, so a usage error.
var ErrFormat = errors.New("this output format is not available here")

// Column is one column of a table of Ts.
type Column[T any] struct {
	// Header is the heading, printed as it is given.
	Header string
	// Value returns the text of a cell. It need not be clean.
	Value func(T) string
	// Role returns what the cell means, hence its colour. Nil is Plain.
	Role func(T) Role
	// Wide columns are shown by -o wide and csv only.
	Wide bool
	// Right columns are aligned right, as numbers are.
	Right bool
	// Shrink marks columns whose middle may give way to an ellipsis when the
	// table is wider than the terminal. If none is marked the last one is cut,
	// provided that this makes the table fit. Nothing is cut in a pipe.
	Shrink bool
	// Wrap marks columns of prose. When the table is wider than the terminal
	// they are broken into lines, or stand below their row where there is too
	// little room for that, but are never cut. It is for tables of findings:
	// it costs 50 µs a row.
	Wrap bool
}

// Document is one answer, in all the forms in which it may be asked for. A list
// of pods, say, has Rows, Columns and Name, and needs nothing else.
type Document[T any] struct {
	// Rows are what is listed. Table, wide, csv and name are made from them.
	Rows []T
	// Columns make a table, or csv, of the rows.
	Columns []Column[T]
	// Name returns what -o name shows of a row, such as "pod/hub-0". Nil means
	// that the answer has no such form.
	Name func(T) string

	// Head holds what JSON and YAML say beside the rows. It marshals to an
	// object, to which the rows are added last, under "items"; nil adds nothing:
	//
	//	{"namespace": "binder", "items": [{…}, {…}]}
	//
	// Such a document is written row by row and is never held in memory.
	Head any
	// Doc, if it is not nil, is the whole of what JSON and YAML say, in place of
	// Head and the rows. It is for answers that are more than a list.
	Doc any
}

// Print writes an answer to t.Out in the format asked for: columns for table,
// wide and csv; the marshalled document for json, yaml and jsonpath; names for
// name. The JSON of no rows is [], and the table of none is its header.
//
// Cells, names and what a jsonpath picks are cleaned. JSON keeps every character
// there is, the dangerous ones escaped; YAML, which cannot escape them
// everywhere, leaves the dangerous ones out.
func Print[T any](t *Terminal, f Format, d Document[T]) error {
	return t.write(func(w output) error {
		switch f = f.orTable(); f {
		case Table, Wide:
			return writeTable(t, w, d.Columns, d.Rows, f == Wide)
		case CSV:
			return writeCSV(w, d.Columns, d.Rows)
		case Name:
			return writeNames(w, d.Name, d.Rows)
		default:
			return writeData(w, f, d.data())
		}
	})
}

// PrintTable writes rows to t.Err as a table, whatever -o says: a plan shown
// before a question, for instance.
func PrintTable[T any](t *Terminal, columns []Column[T], rows []T) error {
	w := output{bufio.NewWriterSize(t.Err, outputBuffer)}
	on := target{tty: t.ErrTTY, width: t.Width(), style: t.ErrStyle, ellipsis: t.ellipsis()}
	if err := layOut(w, on, columns, rows, false); err != nil {
		return err
	}
	return w.Flush()
}

// Lines lays out rows as a table on t.Out would be and returns its lines, the
// heading first and then one a row, for an answer of which a table is only a
// part. Columns of prose are cut, not broken into lines.
func Lines[T any](t *Terminal, columns []Column[T], rows []T, wide bool) ([]string, error) {
	cut := make([]Column[T], len(columns))
	for i, c := range columns {
		c.Shrink, c.Wrap = c.Shrink || c.Wrap, false
		cut[i] = c
	}
	var laidOut strings.Builder
	w := output{bufio.NewWriterSize(&laidOut, outputBuffer)}
	if err := writeTable(t, w, cut, rows, wide); err != nil {
		return nil, err
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(laidOut.String(), "\n"), "\n"), nil
}

// PrintDoc writes to t.Out an answer that is not a list, such as the state of a
// hub: doc for json, yaml and jsonpath, and for table and wide whatever human
// writes. The other formats are refused with ErrFormat. What human writes is not
// cleaned, so it cleans what it takes from the cluster.
func PrintDoc(t *Terminal, f Format, doc any, human func(w io.Writer, wide bool) error) error {
	return t.write(func(w output) error {
		switch f = f.orTable(); f {
		case Table, Wide:
			return human(w, f == Wide)
		case CSV, Name:
			return fmt.Errorf("%w: %s is for lists", ErrFormat, f)
		default:
			return writeData(w, f, data{doc: doc})
		}
	})
}

// write gives fill a buffer in front of Out, and empties it even if fill
// fails: what was written until then is true.
func (t *Terminal) write(fill func(output) error) error {
	w := output{bufio.NewWriterSize(t.Out, outputBuffer)}
	err := fill(w)
	if flushErr := w.Flush(); err == nil {
		err = flushErr
	}
	return err
}

func writeNames[T any](w output, name func(T) string, rows []T) error {
	if name == nil {
		return fmt.Errorf("%w: what is listed has no names", ErrFormat)
	}
	for _, row := range rows {
		w.put(Clean(name(row)))
		if err := w.WriteByte('\n'); err != nil {
			return err
		}
	}
	return nil
}

// writeCSV writes all columns. A header is not written as in a table but as a
// programmer would name it: LAST SEEN becomes last_seen.
func writeCSV[T any](w io.Writer, columns []Column[T], rows []T) error {
	if len(columns) == 0 {
		return fmt.Errorf("%w: there are no columns", ErrFormat)
	}
	out := csv.NewWriter(w)
	record := make([]string, len(columns))
	for i, c := range columns {
		record[i] = strings.ReplaceAll(strings.ToLower(c.Header), " ", "_")
	}
	if err := out.Write(record); err != nil {
		return err
	}
	for _, row := range rows {
		for i, c := range columns {
			record[i] = spreadsheetSafe(Clean(c.Value(row)))
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// spreadsheetSafe keeps a spreadsheet from computing a cell that came from the
// cluster: a leading apostrophe makes it text. Numbers stay numbers.
func spreadsheetSafe(cell string) string {
	if cell == "" || !strings.ContainsAny(cell[:1], "=+-@") {
		return cell
	}
	if strings.Trim(cell[1:], "0123456789.") == "" {
		return cell
	}
	return "'" + cell
}
