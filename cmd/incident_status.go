package cmd

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/incident"
)

const incidentStatusLong = `Tell whether an incident is open, who drives and since when, and what happened
last.

The exit code is 3 if an incident is open, as what was looked at is not healthy
then, and 0 if none is.`

const incidentStatusExample = `  # What is going on?
  binderctl incident status

  # Everything that happened, with times to talk about
  binderctl incident status --last 0 --utc`

// statusEntries is how many of the last entries are shown.
const statusEntries = 10

type incidentStatusOptions struct {
	last  int
	shown shownFlags
}

func newIncidentStatus(app *App) *cobra.Command {
	var opts incidentStatusOptions
	cmd := &cobra.Command{
		Use:     "status [flags]",
		Aliases: []string{"show"},
		Short:   "Tell whether an incident is open, who drives and what happened last",
		Long:    incidentStatusLong,
		Example: incidentStatusExample,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return incidentStatus(cmd.Context(), app, opts) },
	}
	cmd.Flags().IntVar(&opts.last, "last", statusEntries, "show the last `N` entries; 0 is all that have not moved to a page")
	opts.shown.add(cmd)
	setNeeds(cmd, incidentNeeds()...)
	return cmd
}

func incidentStatus(ctx context.Context, app *App, opts incidentStatusOptions) error {
	if opts.last < 0 {
		return usagef("--last %d: want 0 or more", opts.last)
	}
	d, view, err := app.survey(ctx)
	if err != nil {
		return err
	}
	if view.Incident == nil && view.Alone != nil {
		return hintError{errNoneHere(), app.hint(view.Alone)}
	}
	if view.Incident == nil {
		if !opts.shown.output.IsHuman() {
			return ui.PrintDoc(app.Term, opts.shown.output, newIncidentDoc(view, d.client.ServerNow(), opts.last), nil)
		}
		app.Term.Say("%s", noneIn(d))
		return nil
	}
	if err := app.printIncident(d, view, opts); err != nil {
		return err
	}
	return unhealthyError{}
}

// incidentDoc is the open incident in JSON.
type incidentDoc struct {
	At       time.Time          `json:"at"`
	Open     bool               `json:"open"`
	Age      float64            `json:"ageSeconds"`
	From     string             `json:"from"`   // cluster or machine
	Driver   *incident.Driver   `json:"driver"` // null if nobody drives, or that is not known
	Incident *incident.Incident `json:"incident"`
}

// newIncidentDoc has the last entries alone; all if that is 0.
func newIncidentDoc(view incident.View, now time.Time, last int) incidentDoc {
	doc := incidentDoc{At: now.UTC().Truncate(time.Second), From: "cluster"}
	if view.Alone != nil {
		doc.From = "machine"
	}
	if view.Incident != nil {
		shown := *view.Incident
		shown.Entries = lastOf(shown.Entries, last)
		doc.Open, doc.Incident, doc.Age = true, &shown, secondsSince(now, shown.Opened)
	}
	if !view.Driver.Nobody() {
		doc.Driver = &view.Driver
	}
	return doc
}

func lastOf(entries []incident.Entry, n int) []incident.Entry {
	if n > 0 && len(entries) > n {
		return entries[len(entries)-n:]
	}
	return entries
}

func (app *App) printIncident(d *desk, view incident.View, opts incidentStatusOptions) error {
	now := d.client.ServerNow()
	return ui.PrintDoc(app.Term, opts.shown.output, newIncidentDoc(view, now, opts.last), func(w io.Writer, wide bool) error {
		in := view.Incident
		say := func(format string, args ...any) { put(w, ui.Clean(fmt.Sprintf(format, args...))) }
		say("incident:  %s, %s", in.ID, in.Title)
		say("open:      %s, by %s", app.forShown(in.Opened, now, opts.shown.utc), in.By)
		if in.Began.Before(in.Opened) {
			say("began:     %s", app.agoShown(in.Began, now, opts.shown.utc))
		}
		say("driver:    %s", app.driverSaid(d, view, opts.shown.utc))
		if in.Symptom != "" {
			say("symptom:   %s", in.Symptom)
		}
		if in.Runbook != "" {
			say("runbook:   %s", in.Runbook)
		}
		say("check:     %s", app.checkSaid(in.LastCheck(), now, opts.shown.utc))
		put(w, "")
		return app.showTimeline(w, in, opts, now, wide)
	})
}

// forShown is for how long something has been so, or since when.
func (app *App) forShown(at, now time.Time, utc bool) string {
	if utc {
		return "since " + utcShown(at)
	}
	return "for " + ui.Age(max(0, now.Sub(at)))
}

// agoShown is how long ago something was, or when.
func (app *App) agoShown(at, now time.Time, utc bool) string {
	if utc {
		return utcShown(at)
	}
	return ui.Age(max(0, now.Sub(at))) + " ago"
}

func utcShown(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05Z") }

// driverSaid says who drives, since when, and when they were last heard of.
func (app *App) driverSaid(d *desk, view incident.View, utc bool) string {
	driver, now := view.Driver, d.client.ServerNow()
	switch {
	case view.Alone != nil:
		return "unknown, as the cluster cannot be asked"
	case view.Undriven != nil:
		return "unknown: " + shortly(view.Undriven)
	case driver.Nobody():
		return "nobody; take over with: " + app.again("incident", "take")
	}
	text := driver.Holder
	if driver.Is(d.Me) {
		text = "you, " + text
	}
	text += ", " + app.forShown(driver.Since, now, utc)
	if driver.Stale {
		return text + ", NOT heard of since " + app.agoShown(driver.Renewed, now, utc) + "; take over with: " + app.again("incident", "take")
	}
	return text + ", last heard of " + app.agoShown(driver.Renewed, now, utc)
}

func (app *App) checkSaid(check *incident.Check, now time.Time, utc bool) string {
	switch {
	case check == nil:
		return "none yet; is it over? " + app.again("incident", "check")
	case check.Passed:
		return "passed " + app.agoShown(check.At, now, utc) + ", recovered " + app.forShown(check.Since, now, utc)
	default:
		return fmt.Sprintf("%d of %s not met, %s", check.Open(), criteriaSaid(len(check.Results)), app.agoShown(check.At, now, utc))
	}
}

func criteriaSaid(n int) string {
	if n == 1 {
		return "1 criterion"
	}
	return itoa(n) + " criteria"
}

// showTimeline writes the last entries as a table.
func (app *App) showTimeline(w io.Writer, in *incident.Incident, opts incidentStatusOptions, now time.Time, wide bool) error {
	entries := lastOf(in.Entries, opts.last)
	columns := []ui.Column[incident.Entry]{
		{Header: "AGO", Right: true, Value: func(e incident.Entry) string { return ui.Age(max(0, now.Sub(e.At))) }},
		{Header: "WHO", Value: func(e incident.Entry) string { return e.By.Name() }},
		{Header: "WHAT", Shrink: true, Value: entrySaid, Role: entryRole},
	}
	if opts.shown.utc {
		columns[0] = ui.Column[incident.Entry]{Header: "UTC", Value: func(e incident.Entry) string { return utcShown(e.At) }}
	}
	lines, err := ui.Lines(app.Term, columns, entries, wide)
	if err != nil {
		return err
	}
	for _, line := range lines {
		put(w, line)
	}
	if more := len(in.Entries) - len(entries); more > 0 || in.Pages > 0 {
		text := fmt.Sprintf("… after %d earlier", more)
		if in.Pages > 0 {
			text += ", and those on " + count(in.Pages, "page")
		}
		put(w, text+"; all: "+app.again("incident", "report"))
	}
	return nil
}

// entrySaid is an entry in one line.
func entrySaid(e incident.Entry) string {
	text := e.Text
	if e.Kind == incident.Change {
		text = e.Command + ": " + cmp.Or(incident.CountsSaid(e.Counts), "done")
		if e.Ended.IsZero() {
			text = e.Command + ": under way, or cut off"
		}
		if e.Error != "" {
			text += "; " + e.Error
		}
	}
	return strings.Join(strings.Fields(text), " ")
}

func entryRole(e incident.Entry) ui.Role {
	if e.Error != "" {
		return ui.Warn
	}
	return ui.Plain
}
