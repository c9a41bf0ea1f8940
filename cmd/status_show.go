package cmd

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
)

func (app *App) printStatus(r statusReport, format ui.Format) error {
	if format.IsHuman() {
		return app.writeOut(app.statusLines(&r, format == ui.Wide)...)
	}
	return ui.Print(app.Term, format, ui.Document[statusLine]{
		Rows: r.Checks, Columns: statusColumns(), Name: func(l statusLine) string { return l.Name }, Doc: r,
	})
}

func statusColumns() []ui.Column[statusLine] {
	return []ui.Column[statusLine]{
		{Header: "CHECK", Value: func(l statusLine) string { return l.Name }},
		{Header: "STATE", Value: func(l statusLine) string { return string(l.State) }},
		{Header: "SAYS", Value: func(l statusLine) string { return l.Says }},
		{Header: "NEXT", Value: func(l statusLine) string { return l.Next }},
		{Header: "RUNBOOK", Value: func(l statusLine) string { return l.Runbook }},
		{Header: "SECONDS", Right: true, Value: func(l statusLine) string { return fmt.Sprintf("%.3f", l.Seconds) }},
	}
}

// statusLines is the screen: where and when, the verdict, and the lines, with the
// command that tells more below those that are not well.
func (app *App) statusLines(r *statusReport, wide bool) []string {
	style := app.Term.OutStyle
	symbol, role := r.Verdict.shown()
	lines := []string{
		ui.Clean(statusWhere(r)),
		style.Paint(role, symbol+strings.ToUpper(r.Verdict.word())) + "  " + r.sum(),
		"",
	}
	for _, line := range r.Checks {
		symbol, role := line.State.shown()
		state := fmt.Sprintf("%-*s", statusStateWidth, symbol+line.State.word())
		lead := state + fmt.Sprintf("%-*s", statusNameWidth, line.Name)
		folded := app.Term.Fold(lead, ui.Clean(line.Says), foldedAt)
		folded[0] = style.Paint(role, state) + strings.TrimPrefix(folded[0], state)
		lines = append(lines, folded...)
		below := strings.Repeat(" ", statusStateWidth)
		if wide {
			for _, evidence := range line.Evidence {
				lines = append(lines, app.Term.Fold(below+"- ", ui.Clean(evidence), evidenceFoldedAt)...)
			}
		}
		if line.State != stateOK || wide {
			lines = append(lines, app.statusSteps(below, &line)...)
		}
	}
	return lines
}

// statusSteps are what to do about a line: the command that tells more and, beside
// it where there is room, the runbook.
func (app *App) statusSteps(below string, line *statusLine) []string {
	const between = "   "
	style, next, book := app.Term.OutStyle, "next: "+ui.Clean(line.Next), "runbook: "+line.Runbook
	shown := func(text string) string {
		what, which, _ := strings.Cut(text, " ")
		return style.Dim(what+" ") + which
	}
	switch {
	case line.Next == "" && line.Runbook == "":
		return nil
	case line.Runbook == "":
		return []string{below + shown(next)}
	case line.Next == "":
		return []string{below + shown(book)}
	case app.Term.Fits(below + next + between + book):
		return []string{below + shown(next) + between + shown(book)}
	default:
		return []string{below + shown(next), below + shown(book)}
	}
}

// evidenceFoldedAt is how many lines a piece of evidence may take: whoever asks for
// it wants to read it to its end.
const evidenceFoldedAt = 8

// The widths of the first columns of the screen.
const (
	statusStateWidth = 12
	statusNameWidth  = 12
)

// shown is what a state looks like: a symbol, behind which stands the word, and
// a colour.
func (s statusState) shown() (symbol string, role ui.Role) {
	switch s {
	case stateBad:
		return "!! ", ui.Bad
	case stateWarn:
		return "!  ", ui.Warn
	case stateUnknown:
		return "?  ", ui.Dim
	case stateOK:
	}
	return "", ui.Good
}

func (s statusState) word() string { return string(s) }

func statusWhere(r *statusReport) string {
	return fmt.Sprintf("namespace %s of %s, %s UTC", r.Where.Namespace, cmp.Or(r.Where.Context, r.Where.Server), r.At.Format(time.DateTime))
}

// sum is the verdict in a sentence.
func (r *statusReport) sum() string {
	if err := r.blind(); err != nil {
		return ui.Clean(err.Error())
	}
	return sumUp(r.Checks)
}

// sumUp says how many lines are not well.
func sumUp(lines []statusLine) string {
	var parts []string
	for _, of := range []struct {
		state statusState
		words string
	}{{stateBad, "bad"}, {stateWarn, "to look at"}, {stateUnknown, "unknown"}} {
		if n := countStates(lines, of.state); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, of.words))
		}
	}
	ok := countStates(lines, stateOK)
	if len(parts) == 0 {
		return fmt.Sprintf("all %d checks are well", ok)
	}
	return fmt.Sprintf("%s, %d well, of %d checks", strings.Join(parts, ", "), ok, len(lines))
}
