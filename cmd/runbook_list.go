package cmd

import (
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/runbook"
	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/docs/runbooks"
)

func newRunbookList(app *App) *cobra.Command {
	var output ui.Format
	cmd := &cobra.Command{
		Use:     "list [flags]",
		Aliases: []string{"ls"},
		Short:   "List the runbooks, by what one sees",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			books, err := readBooks()
			if err != nil {
				return err
			}
			rows := make([]bookRow, len(books))
			for i, book := range books {
				rows[i] = rowOf(book)
			}
			return ui.Print(app.Term, output, ui.Document[bookRow]{Rows: rows, Columns: bookColumns(), Name: bookName})
		},
	}
	outputFlag(cmd, &output)
	return cmd
}

// bookRow is a runbook in a list.
type bookRow struct {
	Name      string   `json:"name"`
	Title     string   `json:"title"`
	Symptom   string   `json:"symptom"`
	Incidents []string `json:"incidents"`
	Steps     []string `json:"steps"`
	Line      string   `json:"line,omitempty"` // that fits a search
}

func rowOf(book *runbook.Book) bookRow {
	row := bookRow{Name: book.Name, Title: book.Title, Symptom: book.Symptom, Incidents: book.Incidents}
	for _, step := range book.Steps {
		row.Steps = append(row.Steps, step.ID)
	}
	return row
}

func bookName(row bookRow) string { return "runbook/" + row.Name }

func bookColumns() []ui.Column[bookRow] {
	return []ui.Column[bookRow]{
		{Header: "NAME", Value: func(r bookRow) string { return r.Name }, Role: func(bookRow) ui.Role { return ui.Bold }},
		{Header: "SYMPTOM", Wrap: true, Value: func(r bookRow) string { return r.Symptom }},
		{Header: "INCIDENT", Value: func(r bookRow) string { return r.Incidents[0] }},
		{Header: "INCIDENTS", Wide: true, Value: func(r bookRow) string { return strings.Join(r.Incidents, ",") }},
		{Header: "STEPS", Wide: true, Value: func(r bookRow) string { return strings.Join(r.Steps, ",") }},
	}
}

const runbookSearchLong = `Find runbooks by what one sees: words of an error message, of a complaint, of a
graph. The best comes first, with the line that fits.`

func newRunbookSearch(app *App) *cobra.Command {
	var output ui.Format
	cmd := &cobra.Command{
		Use:     "search WORD… [flags]",
		Short:   "Find runbooks by what one sees, such as 504 or pending",
		Long:    runbookSearchLong,
		Example: "  binderctl runbook search launches 504\n  binderctl runbook search 'pods stay pending'",
		RunE: func(_ *cobra.Command, words []string) error {
			if strings.TrimSpace(strings.Join(words, " ")) == "" {
				return hintError{usagef("what do you see?"), "words of a message or a complaint: binderctl runbook search launches 504"}
			}
			return runbookSearch(app, words, output)
		},
	}
	outputFlag(cmd, &output)
	return cmd
}

// fewHits is how many runbooks are shown: who sees more has to read them all.
const fewHits = 5

func runbookSearch(app *App, words []string, output ui.Format) error {
	books, err := readBooks()
	if err != nil {
		return err
	}
	index, err := fs.ReadFile(runbooks.FS, indexName)
	if err != nil {
		return err
	}
	hits := runbook.Search(books, string(index), words)
	rows := []bookRow{}
	for _, hit := range hits[:min(len(hits), fewHits)] {
		row := rowOf(hit.Book)
		row.Line = hit.Line
		rows = append(rows, row)
	}
	columns := []ui.Column[bookRow]{bookColumns()[0], {Header: "LINE", Wrap: true, Value: func(r bookRow) string { return r.Line }}}
	if err := ui.Print(app.Term, output, ui.Document[bookRow]{Rows: rows, Columns: columns, Name: bookName}); err != nil {
		return err
	}
	if len(rows) == 0 {
		app.Term.Hint("nothing has these words; all runbooks: %s runbook list", app.program())
		return nil
	}
	app.Term.Hint("read it: %s; walk through it: %s", app.again("runbook", "show", rows[0].Name), app.again("runbook", "run", rows[0].Name))
	return nil
}
