package cmd

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/nodes"
)

// suspectRow is a suspect as it is shown, with the ages at that moment.
type suspectRow struct {
	nodes.Suspect
	AgeSeconds int64         `json:"ageSeconds"`
	Evidence   []evidenceRow `json:"evidence"`
}

// evidenceRow is a piece of evidence as it is shown.
type evidenceRow struct {
	nodes.Evidence
	AgeSeconds int64 `json:"ageSeconds"`
}

func newSuspectRow(s nodes.Suspect, now time.Time) suspectRow {
	row := suspectRow{Suspect: s, AgeSeconds: int64(s.Age(now) / time.Second)}
	for _, e := range s.Evidence {
		row.Evidence = append(row.Evidence, evidenceRow{e, int64(max(0, now.Sub(e.At)) / time.Second)})
	}
	return row
}

func suspectColumns() []ui.Column[suspectRow] {
	return []ui.Column[suspectRow]{
		{Header: "NAME", Value: func(r suspectRow) string { return r.Name }},
		{Header: "SUSPICION", Value: func(r suspectRow) string { return points(r.Score) }},
		{Header: "STATUS", Value: func(r suspectRow) string { return nodeState(&r.Node) }},
		{Header: "POOL", Value: func(r suspectRow) string { return r.Pool }},
		{Header: "ZONE", Value: func(r suspectRow) string { return r.Zone }},
		{Header: "USERS", Value: func(r suspectRow) string { return itoa(r.Users) }},
		{Header: "AGE", Value: func(r suspectRow) string { return ui.Age(time.Duration(r.AgeSeconds) * time.Second) }},
		{Header: "EVIDENCE", Value: func(r suspectRow) string {
			var texts []string
			for _, e := range r.Evidence {
				texts = append(texts, points(e.Weight)+" "+string(e.Clue)+": "+e.Object+" "+e.What)
			}
			return strings.Join(texts, "; ")
		}},
	}
}

// writeSuspects writes each suspect with a table of the evidence.
func (app *App) writeSuspects(rows []suspectRow, format ui.Format) error {
	for i, r := range rows {
		if i > 0 {
			if _, err := io.WriteString(app.Term.Out, "\n"); err != nil {
				return err
			}
		}
		if _, err := io.WriteString(app.Term.Out, app.suspectTitle(r)+"\n"); err != nil {
			return err
		}
		if err := ui.Print(app.Term, format, ui.Document[evidenceRow]{Rows: r.Evidence, Columns: evidenceColumns()}); err != nil {
			return err
		}
	}
	return nil
}

// suspectTitle names a suspect and says what one must know of it.
func (app *App) suspectTitle(r suspectRow) string {
	about := []string{nodeState(&r.Node)}
	if r.Pool != "" {
		about = append(about, "pool "+r.Pool)
	}
	about = append(about, count(r.Users, "user"), ui.Age(time.Duration(r.AgeSeconds)*time.Second)+" old")
	verdict := app.Term.OutStyle.Warn("suspicion " + points(r.Score))
	if r.Unhealthy {
		verdict = app.Term.OutStyle.Bad("unhealthy, suspicion " + points(r.Score))
	}
	return fmt.Sprintf("%s: %s of %s\n%s", app.Term.OutStyle.Bold(ui.Clean(r.Name)), verdict, points(r.Threshold),
		ui.Clean(strings.Join(about, ", ")))
}

func evidenceColumns() []ui.Column[evidenceRow] {
	return []ui.Column[evidenceRow]{
		{Header: "WEIGHT", Right: true, Value: func(e evidenceRow) string { return points(e.Weight) }},
		{Header: "EVIDENCE", Wrap: true, Value: func(e evidenceRow) string { return e.shown() }},
		{Header: "SEEN", Right: true, Value: func(e evidenceRow) string { return e.seen() }},
		{Header: "KIND", Wide: true, Value: func(e evidenceRow) string { return string(e.Clue) }},
	}
}

// seen is how long ago the evidence was last seen.
func (e evidenceRow) seen() string {
	if e.AgeSeconds == 0 {
		return "now"
	}
	return ui.Age(time.Duration(e.AgeSeconds) * time.Second)
}

// shown is the evidence in a sentence.
func (e evidenceRow) shown() string {
	text := e.Object + ": " + e.What
	if strings.HasPrefix(e.Object, "node ") {
		text = e.What
	}
	if e.Objects > 1 && !strings.HasPrefix(e.Object, "node ") {
		text += fmt.Sprintf("; and %s more", itoa(e.Objects-1))
	}
	if e.Shared {
		text += " (many nodes show this, so it counts a quarter)"
	}
	return text
}

// printWeights prints what counts as evidence, and how much.
func printWeights(app *App, format ui.Format) error {
	number := func(value func(nodes.Weight) float64) func(nodes.Weight) string {
		return func(w nodes.Weight) string { return points(value(w)) }
	}
	return ui.Print(app.Term, format, ui.Document[nodes.Weight]{
		Rows: nodes.Weights(),
		Columns: []ui.Column[nodes.Weight]{
			{Header: "KIND", Value: func(w nodes.Weight) string { return string(w.Clue) }},
			{Header: "FIRST", Right: true, Value: number(func(w nodes.Weight) float64 { return w.First })},
			{Header: "MORE", Right: true, Value: number(func(w nodes.Weight) float64 { return w.More })},
			{Header: "CAP", Right: true, Value: number(func(w nodes.Weight) float64 { return w.Cap })},
			{Header: "WHY", Wrap: true, Value: func(w nodes.Weight) string { return w.Why }},
		},
		Name: func(w nodes.Weight) string { return string(w.Clue) },
		Head: struct {
			Threshold float64 `json:"threshold"`
		}{nodes.Threshold},
	})
}
