package cmd

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/incident"
)

// checkDoc is a check in JSON.
type checkDoc struct {
	Incident string `json:"incident"` // its ID, or ""
	incident.Check
}

func (app *App) printCheck(check incident.Check, view *incident.View, opts incidentCheckOptions) error {
	in := view.Incident
	doc := checkDoc{Check: check}
	if in != nil {
		doc.Incident = in.ID
	}
	rows := slices.Clone(check.Results)
	slices.SortStableFunc(rows, func(a, b incident.Result) int { return stateRank(a.State) - stateRank(b.State) })
	err := ui.Print(app.Term, opts.shown.output, ui.Document[incident.Result]{
		Doc: doc, Rows: rows, Columns: app.checkColumns(check.At, opts.shown.utc), Name: func(r incident.Result) string { return r.Name },
	})
	if err != nil || !opts.shown.output.IsHuman() {
		return err
	}
	app.sayNextOfCheck(rows, view.Alone != nil && cluster.Unreachable(view.Alone))
	return app.concludeCheck(check, in)
}

// sayNextOfCheck says what to do next, the same once for all that want it. Of a
// cluster that cannot be reached nothing is to be seen before it can.
func (app *App) sayNextOfCheck(rows []incident.Result, unreached bool) {
	wanting := map[string][]string{}
	var nexts []string
	for _, r := range rows {
		if r.Next == "" || r.State == incident.OK || unreached && r.State == incident.Unknown {
			continue
		}
		next := app.placed(r.Next)
		if wanting[next] == nil {
			nexts = append(nexts, next)
		}
		wanting[next] = append(wanting[next], r.Name)
	}
	for _, next := range nexts {
		app.Term.Say("%s: %s", strings.Join(wanting[next], ", "), next)
	}
	if unreached {
		app.Term.Hint("%s", unreachedHint)
	}
}

// calls are the commands in what is to be done next, which ends at a semicolon.
var calls = regexp.MustCompile(`\b` + ownName + ` [^;]+`)

// placed gives the commands in a text the flags by which this one found its cluster.
// They are recorded without: whoever reads them later finds it in another way.
func (app *App) placed(text string) string {
	return calls.ReplaceAllStringFunc(text, func(call string) string {
		words := strings.Fields(call)[1:]
		if words[0] == "rbac" { // which asks no cluster
			return call
		}
		return app.again(words...)
	})
}

// concludeCheck is the last line of the answer.
func (app *App) concludeCheck(check incident.Check, in *incident.Incident) error {
	text := fmt.Sprintf("not over: %d of %s not met", check.Open(), criteriaSaid(len(check.Results)))
	switch {
	case check.Passed:
		text = "recovered since " + check.Since.Format("15:04") + " UTC"
		if check.At.Format(time.DateOnly) != check.Since.Format(time.DateOnly) {
			text = "recovered since " + check.Since.Format("2006-01-02 15:04") + " UTC"
		}
		if skipped := named(check, incident.Skipped); len(skipped) > 0 {
			text += ", without a look at " + strings.Join(skipped, ", ")
		}
	case check.Open() == 0:
		text = "not over, as far as anybody looked: all criteria were skipped"
	}
	_, err := io.WriteString(app.Term.Out, "\n"+text+"\n")
	if check.Passed && in != nil {
		app.Term.Say("next: %s", app.again("incident", "close"))
	}
	return err
}

// stateRank orders states, what wants attention first.
func stateRank(s incident.State) int {
	return slices.Index([]incident.State{incident.Not, incident.Unknown, incident.Skipped, incident.OK}, s)
}

func (app *App) checkColumns(now time.Time, utc bool) []ui.Column[incident.Result] {
	return []ui.Column[incident.Result]{
		{Header: "CRITERION", Value: func(r incident.Result) string { return r.Name }},
		{Header: "STATE", Value: func(r incident.Result) string { return string(r.State) }, Role: stateRole},
		{Header: "FOR", Right: true, Value: func(r incident.Result) string { return heldFor(r, now, utc) }},
		{Header: "SEEN", Wrap: true, Value: func(r incident.Result) string { return r.Says }},
		{Header: "MUST HOLD", Wide: true, Value: func(r incident.Result) string { return r.Holds }},
	}
}

func heldFor(r incident.Result, now time.Time, utc bool) string {
	switch {
	case r.Since.IsZero():
		return "-"
	case utc:
		return utcShown(r.Since)
	default:
		return ui.Age(now.Sub(r.Since))
	}
}

func stateRole(r incident.Result) ui.Role {
	switch r.State {
	case incident.OK:
		return ui.Good
	case incident.Not:
		return ui.Bad
	default:
		return ui.Warn
	}
}
