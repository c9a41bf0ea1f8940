package cmd

import (
	"time"

	"github.com/binderctl/binderctl/cmd/internal/runbook"
	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
)

// walkDoc is what came of a walk, in JSON.
type walkDoc struct {
	Runbook    string           `json:"runbook"`
	Where      cluster.Location `json:"where"`
	Began      time.Time        `json:"beganAt"`
	Ended      time.Time        `json:"endedAt"`
	DryRun     bool             `json:"dryRun"`
	Verdict    string           `json:"verdict"`
	Transcript string           `json:"transcript"`
	Captured   runbook.Values   `json:"captured"`
	Items      []runbook.Report `json:"items"`
}

// printWalk prints what came of each step.
func (app *App) printWalk(book *runbook.Book, where cluster.Location, reports []runbook.Report, verdict string, g *guide, opts runbookRunOptions) error {
	if opts.output.IsHuman() {
		app.Term.Say("")
	}
	captured := g.state.Captured
	if captured == nil {
		captured = runbook.Values{}
	}
	for i := range reports {
		reports[i].Began = reports[i].Began.UTC().Truncate(time.Second)
	}
	err := ui.Print(app.Term, opts.output, ui.Document[runbook.Report]{
		Doc: walkDoc{
			book.Name, where, g.state.Began.UTC().Truncate(time.Second), app.Now().UTC().Truncate(time.Second),
			opts.dryRun, verdict, g.transcript.Path(), captured, reports,
		},
		Rows: reports, Columns: reportColumns(), Name: func(r runbook.Report) string { return "step/" + r.ID },
	})
	said := verdict
	if runbook.Changed(reports) == 0 {
		said += "; nothing was changed"
	}
	if path := g.transcript.Path(); path != "" {
		said += "; transcript: " + path
	}
	app.Term.Say("%s: %s", book.Name, said)
	if verdict != verdictLeft && !runbook.Fits(reports) {
		app.Term.Hint("the trouble that %s is about was not seen; is there another? %s", book.Name, app.again("status"))
	}
	if verdict == verdictWell && runbook.Changed(reports) > 0 {
		app.Term.Hint("is it over? %s; what to do afterwards: %s", app.again("incident", "check"), app.again("runbook", "show", book.Name))
	}
	return err
}

func reportColumns() []ui.Column[runbook.Report] {
	return []ui.Column[runbook.Report]{
		{Header: "STEP", Value: func(r runbook.Report) string { return r.ID }},
		{Header: "KIND", Value: func(r runbook.Report) string { return string(r.Kind) }},
		{Header: "RESULT", Value: func(r runbook.Report) string { return string(r.Result) }, Role: roleOfResult},
		{Header: "WHY", Wrap: true, Value: func(r runbook.Report) string { return r.Why }},
		{Header: "COMMAND", Wide: true, Value: func(r runbook.Report) string { return r.Command }},
	}
}

func roleOfResult(r runbook.Report) ui.Role {
	switch r.Result {
	case runbook.AsExpected:
		if r.Kind != runbook.Verify { // it may well be the trouble
			return ui.Plain
		}
		return ui.Good
	case runbook.Done:
		return ui.Good
	case runbook.Failed, runbook.Stopped:
		return ui.Bad
	case runbook.Unexpected:
		if r.Kind == runbook.Verify {
			return ui.Bad
		}
		return ui.Plain
	case runbook.Skipped, runbook.NotReached, runbook.Declined, runbook.DoneEarlier, runbook.SeenEarlier, runbook.Planned:
	}
	return ui.Plain
}
