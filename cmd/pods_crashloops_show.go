package cmd

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/pods"
)

// showDiagnosis writes what people read: the table with what is known of each
// line under it, then what is common.
func (app *App) showDiagnosis(where cluster.Location, d pods.Diagnosis, opts podsCrashloopsOptions) func(io.Writer, bool) error {
	return func(w io.Writer, wide bool) error {
		rows := someCrashes(d, d.At)
		if wide {
			rows = everyCrash(d, d.At)
		}
		lines, err := ui.Lines(app.Term, crashColumns(), rows, wide)
		if err != nil {
			return err
		}
		for i, line := range lines {
			put(w, line)
			if i > 0 && opts.lines > 0 && !wide {
				app.showUnder(w, line, rows[i-1])
			}
			if i > 0 && rows[i-1].more != "" {
				put(w, "  "+ui.Clean(rows[i-1].more))
			}
		}
		if len(d.Common) > 0 {
			return app.showCommon(w, where, d)
		}
		return nil
	}
}

// foldedAt is how many lines a fact or a line of a log may take.
const foldedAt = 3

// showUnder writes what is known of a row under its line: the names in full, if
// they had to be cut, and what the columns do not say.
func (app *App) showUnder(w io.Writer, line string, row crashRow) {
	say := func(lead, text string) {
		if text != "" {
			app.putFolded(w, lead, ui.Clean(text), foldedAt)
		}
	}
	if !strings.Contains(line, row.pod) || !strings.Contains(line, row.node) {
		put(w, "  "+ui.Clean(row.pod+" on "+cmp.Or(row.node, "no node")))
	}
	for _, fact := range row.facts {
		say("  ", fact)
	}
	for _, last := range row.log {
		say("  | ", last)
	}
	say("  ", row.note)
}

// showCommon writes what the sick have in common.
func (app *App) showCommon(w io.Writer, where cluster.Location, d pods.Diagnosis) error {
	put(w, "")
	put(w, app.Term.OutStyle.Bold("in common among "+compared(where, d)+":"))
	lines, err := ui.Lines(app.Term, factorColumns(), d.Common, false)
	if err != nil {
		return err
	}
	for i, line := range lines {
		put(w, line)
		if i == 0 || len(d.Common[i-1].Same) == 0 {
			continue
		}
		put(w, strings.Join(app.Term.Fold("  of these pods also: ", traitsShown(d.Common[i-1].Same), foldedAt), "\n"))
	}
	if len(d.Apart) > 0 {
		put(w, "sick wherever they are, so not counted for nodes, zones, pools and ages:")
		put(w, strings.Join(app.Term.Fold("  ", traitsShown(d.Apart), foldedAt), "\n"))
	}
	return nil
}

func traitsShown(traits []pods.Trait) string {
	texts := make([]string, len(traits))
	for i, trait := range traits {
		texts[i] = string(trait.Factor) + " " + trait.Value
	}
	return ui.Clean(strings.Join(texts, ", "))
}

// compared says which pods were compared with which.
func compared(where cluster.Location, d pods.Diagnosis) string {
	var parts []string
	for _, part := range []struct {
		pods int
		who  string
	}{{d.Sick.Failing, "failing"}, {d.Sick.Users, "failed users'"}, {d.Sick.Shaken, "restarted"}} {
		if part.pods > 0 {
			parts = append(parts, itoa(part.pods)+" "+part.who)
		}
	}
	text := fmt.Sprintf("%d sick of %s (%s)", d.Sick.Pods, count(d.Pods, "pod"), strings.Join(parts, ", "))
	if where.Namespace != "" || len(d.Unseen) > 0 {
		text += " in " + ui.Clean(scope(where, d))
	}
	return text
}

// put writes a line into the answer's buffer, which keeps an error for later.
func put(w io.Writer, line string) { _, _ = io.WriteString(w, line+"\n") }

// putFolded writes a clean text behind a lead, in so many lines at most where one
// has no room.
func (app *App) putFolded(w io.Writer, lead, text string, most int) {
	for _, line := range app.Term.Fold(lead, text, most) {
		put(w, line)
	}
}

func factorColumns() []ui.Column[pods.Factor] {
	return []ui.Column[pods.Factor]{
		{Header: "FACTOR", Value: func(f pods.Factor) string { return string(f.Factor) }},
		{Header: "VALUE", Shrink: true, Value: func(f pods.Factor) string { return f.Value }, Role: func(pods.Factor) ui.Role { return ui.Bad }},
		{Header: "SICK", Right: true, Value: func(f pods.Factor) string { return fmt.Sprintf("%d of %d", f.Sick, f.OfSick) }},
		{Header: "ALL", Right: true, Value: func(f pods.Factor) string { return fmt.Sprintf("%d of %d", f.All, f.OfAll) }},
		{Header: "ODDS", Right: true, Value: func(f pods.Factor) string { return oddsShown(f.Odds) }},
		{Header: "CHANCE", Right: true, Value: func(f pods.Factor) string { return chanceShown(f.Chance) }},
	}
}

// oddsShown is how many times something is as likely.
func oddsShown(odds float64) string {
	if odds < 10 {
		return strconv.FormatFloat(odds, 'f', 1, 64) + "x"
	}
	return strconv.FormatFloat(odds, 'f', 0, 64) + "x"
}

// chanceShown is a small probability as people say it, to two digits. Beyond a
// billion it is the arithmetic that is doubtful, not the cause.
func chanceShown(p float64) string {
	const million, billion = 1e6, 1e9
	if p <= 1/billion {
		return "< 1 in 1e9"
	}
	one := 1 / p
	unit := math.Pow(10, math.Floor(math.Log10(one))-1)
	one = math.Floor(one/unit) * unit
	switch {
	case one < million:
		return fmt.Sprintf("1 in %.0f", one)
	case one < 10*million:
		return fmt.Sprintf("1 in %.1f million", one/million)
	default:
		return fmt.Sprintf("1 in %.0f million", one/million)
	}
}
