package cmd

import (
	"cmp"
	"io"
	"strings"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/hub/checkup"
	"github.com/binderctl/binderctl/pkg/hub/hublog"
)

// hubStatusDoc is the state of a Hub in JSON.
type hubStatusDoc struct {
	Where   cluster.Location `json:"where"`
	At      time.Time        `json:"at"`
	Healthy bool             `json:"healthy"`
	checkup.Report
	Pod     checkup.Pod     `json:"hubPod"`
	Service checkup.Service `json:"service"`
	API     checkup.API     `json:"api"`
	Servers checkup.Servers `json:"servers"`
	Pods    checkup.Pods    `json:"userPods"`
	Drift   checkup.Drift   `json:"drift"`
	Lag     checkup.Lag     `json:"lag"`
	Counts  *hub.Counts     `json:"metrics"`
	LogFrom string          `json:"logFrom"`
	Log     *hublog.Log     `json:"log"`
}

func (app *App) printHubStatus(where cluster.Location, e *checkup.Evidence, report checkup.Report, opts hubStatusOptions) error {
	if opts.output.IsHuman() {
		return app.showHubStatus(e, report, opts.output)
	}
	return ui.Print(app.Term, opts.output, ui.Document[checkup.Check]{
		Rows: report.Checks, Columns: checkColumns(),
		Doc: hubStatusDoc{
			where, e.At.Truncate(time.Second), report.Verdict == checkup.Healthy, report,
			e.Pod, e.Service, e.API, e.Servers, e.Pods, e.Drift, e.Lag, e.Counts, e.LogFrom, e.Log,
		},
	})
}

// showHubStatus writes what people read: the verdict, the checks, what is in the
// log, what could not be seen.
func (app *App) showHubStatus(e *checkup.Evidence, report checkup.Report, format ui.Format) error {
	if err := app.writeOut(app.verdictLine(report), ""); err != nil {
		return err
	}
	if err := ui.Print(app.Term, format, ui.Document[checkup.Check]{Rows: report.Checks, Columns: checkColumns()}); err != nil {
		return err
	}
	if err := app.showHubLog(e, format); err != nil || len(report.Unseen) == 0 {
		return err
	}
	lines := []string{"", "not seen:"}
	for _, missing := range report.Unseen {
		lines = append(lines, app.Term.Fold("  ", ui.Clean(missing.What+": "+missing.Why), foldedAt)...)
	}
	return app.writeOut(lines...)
}

// verdictLine is what to read first.
func (app *App) verdictLine(report checkup.Report) string {
	word, role := "!! "+strings.ToUpper(string(report.Verdict)), ui.Bad
	switch report.Verdict {
	case checkup.Healthy:
		word, role = "ok HEALTHY", ui.Good
	case checkup.Degraded:
		word, role = "!  DEGRADED", ui.Warn
	case checkup.Unknown:
		word, role = "?  UNKNOWN", ui.Warn
	case checkup.Down, checkup.Blind, checkup.Stuck:
	}
	reason, _, _ := strings.Cut(report.Reason, "; ") // the check says the rest
	lines := app.Term.Fold(word+"  ", ui.Clean(reason), foldedAt+1)
	lines[0] = app.Term.OutStyle.Paint(role, word) + strings.TrimPrefix(lines[0], word)
	return strings.Join(lines, "\n")
}

// showHubLog writes which signs of trouble are in the log.
func (app *App) showHubLog(e *checkup.Evidence, format ui.Format) error {
	if e.Log == nil {
		return nil
	}
	var rows []hublog.Seen
	for _, seen := range e.Log.Found {
		if seen.Grade != hublog.Notice || format == ui.Wide {
			rows = append(rows, seen)
		}
	}
	about := ui.Clean(aboutLog(e))
	if len(rows) == 0 {
		return app.writeOut("", about+": no sign of trouble")
	}
	if err := app.writeOut("", app.Term.OutStyle.Bold(about+":")); err != nil {
		return err
	}
	return ui.Print(app.Term, format, ui.Document[hublog.Seen]{Rows: rows, Columns: signatureColumns(e.At)})
}

// aboutLog says which log was read, and of what time.
func aboutLog(e *checkup.Evidence) string {
	about := "log of " + e.LogFrom
	if first, last := e.Log.First, e.Log.Last; !first.IsZero() {
		from := first.Format("15:04")
		if first.Format(time.DateOnly) != e.At.Format(time.DateOnly) {
			from = first.Format("2006-01-02 15:04")
		}
		about += ", " + from + " to " + last.Format("15:04") + " UTC"
		if e.Log.Clock == hublog.HubClock {
			about += " if its clock is"
		}
	}
	return about
}

// writeOut writes lines of the answer.
func (app *App) writeOut(lines ...string) error {
	_, err := io.WriteString(app.Term.Out, strings.Join(lines, "\n")+"\n")
	return err
}

func checkColumns() []ui.Column[checkup.Check] {
	return []ui.Column[checkup.Check]{
		{Header: "CHECK", Value: func(c checkup.Check) string { return string(c.Name) }},
		{Header: "STATE", Value: stateShown, Role: func(c checkup.Check) ui.Role {
			switch c.State {
			case checkup.OK:
				return ui.Good
			case checkup.Bad:
				return ui.Bad
			case checkup.Note, checkup.Unseen:
			}
			return ui.Plain
		}},
		{Header: "WHAT", Wrap: true, Value: func(c checkup.Check) string { return c.Says }},
	}
}

// stateShown is what came of a check: of a bad one, what it makes of the Hub.
func stateShown(c checkup.Check) string {
	switch c.State {
	case checkup.Bad:
		return string(c.Verdict)
	case checkup.Unseen:
		return "not seen"
	case checkup.Note, checkup.OK:
	}
	return string(c.State)
}

func signatureColumns(now time.Time) []ui.Column[hublog.Seen] {
	when := func(at time.Time) string {
		if at.IsZero() {
			return "-"
		}
		return ui.Age(max(0, now.Sub(at)))
	}
	return []ui.Column[hublog.Seen]{
		{Header: "WHAT", Value: func(s hublog.Seen) string { return s.What }, Role: func(s hublog.Seen) ui.Role {
			if s.Grade == hublog.Grave {
				return ui.Bad
			}
			return ui.Plain
		}},
		{Header: "COUNT", Right: true, Value: func(s hublog.Seen) string { return itoa(s.Count) }},
		{Header: "FIRST", Right: true, Value: func(s hublog.Seen) string { return when(s.First) }},
		{Header: "LAST", Right: true, Value: func(s hublog.Seen) string { return when(s.Last) }},
		{Header: "MEANS", Wrap: true, Value: func(s hublog.Seen) string { return cmp.Or(s.Means, "-") }},
		{Header: "SAMPLE", Wide: true, Wrap: true, Value: func(s hublog.Seen) string { return s.Sample }},
	}
}
