package incident

import (
	"strings"
	"time"
)

// timeline writes a table for each day, of UTC: what else stands beside it says
// its own date where that is another.
func (r *report) timeline() {
	r.line("## Timeline\n")
	if r.local() {
		r.line("Times in UTC and in %s.\n", prose(r.opts.Zone.String()))
	} else {
		r.line("Times in UTC.\n")
	}
	day := ""
	for i := range r.in.Entries {
		e := &r.in.Entries[i]
		if date := e.At.UTC().Format(time.DateOnly); date != day {
			if day != "" {
				r.line("")
			}
			day = date
			r.line("### %s\n", day)
			r.tableHead(e.At)
		}
		r.row(e)
	}
	if day == "" {
		r.ask("nobody wrote anything down")
		return
	}
	r.line("")
	r.ask("is something missing? what was seen and said elsewhere, what the monitoring shows, and when it really began")
}

func (r *report) local() bool { return r.opts.Zone.String() != time.UTC.String() }

func (r *report) tableHead(at time.Time) {
	if r.local() {
		r.line("| UTC | %s | who | what |\n|---|---|---|---|", zoneName(at.In(r.opts.Zone)))
		return
	}
	r.line("| UTC | who | what |\n|---|---|---|")
}

func (r *report) row(e *Entry) {
	utc, cells := e.At.UTC(), ""
	if r.local() {
		here := e.At.In(r.opts.Zone)
		cells = " | " + here.Format("15:04")
		if here.Format(time.DateOnly) != utc.Format(time.DateOnly) {
			cells = " | " + here.Format("2006-01-02 15:04")
		}
	}
	r.line("| %s%s | %s | %s |", utc.Format("15:04"), cells, prose(e.By.Name()), whatSaid(e))
}

// moment is a time in full: with its date, in UTC and beside it in the zone.
func (r *report) moment(at time.Time) string {
	utc := at.UTC()
	text := utc.Format("2006-01-02 15:04 UTC")
	if !r.local() {
		return text
	}
	here := at.In(r.opts.Zone)
	if here.Format(time.DateOnly) != utc.Format(time.DateOnly) {
		return text + " (" + here.Format("2006-01-02 15:04 ") + zoneName(here) + ")"
	}
	return text + " (" + here.Format("15:04 ") + zoneName(here) + ")"
}

// zoneName is the zone's short name at a time, such as CEST; for zones that have
// none Go says +03, which is made clearer.
func zoneName(at time.Time) string {
	name, _ := at.Zone()
	if strings.ContainsAny(name[:min(1, len(name))], "+-") {
		return "UTC" + name
	}
	return name
}

// whatSaid is what happened, in one cell of a table.
func whatSaid(e *Entry) string {
	text := prose(e.Text)
	if e.Kind == Change {
		text = code(e.Command)
		switch {
		case e.Ended.IsZero():
			text += ": began; no end was recorded"
		case len(e.Counts) > 0:
			text += ": " + said(CountsSaid(e.Counts))
		case e.Error == "":
			text += ": done"
		}
		if took := e.Ended.Sub(e.At); took >= time.Minute {
			text += ", in " + age(took)
		}
		if e.Error != "" {
			text += "; error: " + said(e.Error)
		}
	}
	if !e.Late.IsZero() {
		text += " (written down while the cluster could not be reached)"
	}
	return text
}

// oneLine makes a text a single line.
func oneLine(text string) string { return prose(strings.Join(strings.Fields(text), " ")) }

// prose is a text as people wrote it, made safe for a cell of a table: HTML that
// would swallow what follows, bars and line ends.
func prose(text string) string {
	return strings.NewReplacer(
		"\r\n", "<br>", "\n", "<br>", `\`, `\\`, "|", `\|`, "<", "&lt;", ">", "&gt;",
	).Replace(strings.TrimSpace(text))
}

// said is prose of a program, into which a cluster may have put anything: it calls
// nobody, as an @ does where reports are published, and neither shows pictures of
// others nor hides where a link leads. A space of no width parts what would.
func said(text string) string {
	const apart = "\u200b"
	return strings.NewReplacer("@", "@"+apart, "](", "]"+apart+"(", "`", "\\`").Replace(prose(text))
}

// code is a text of a program. It is fenced by more backquotes than it has.
func code(text string) string {
	text = strings.NewReplacer("\r", " ", "\n", " ", `\|`, `\ \|`, "|", `\|`).Replace(text) // two backslashes would end the cell
	if text == "" {
		return ""
	}
	if !strings.Contains(text, "`") {
		return "`" + text + "`"
	}
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + " " + text + " " + fence
}
