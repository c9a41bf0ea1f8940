package cmd

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/incident"
)

const incidentListLong = `List incidents, the open one and those that are over, the latest first: those in
the Hub's namespace, and those that only this machine knows.`

func newIncidentList(app *App) *cobra.Command {
	var opts shownFlags
	cmd := &cobra.Command{
		Use:     "list [flags]",
		Aliases: []string{"ls"},
		Short:   "List incidents, open and over",
		Long:    incidentListLong,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return incidentList(cmd.Context(), app, opts) },
	}
	opts.add(cmd)
	setNeeds(cmd, incidentNeeds(need{Resource: "configmaps", Verbs: []string{"list"}, Why: "to find those that are over"})...)
	return cmd
}

func incidentList(ctx context.Context, app *App, opts shownFlags) error {
	d, view, err := app.survey(ctx)
	if err != nil {
		return err
	}
	list, err := app.incidentsKnown(ctx, d, view)
	switch {
	case err != nil && len(list) == 0:
		return err
	case err != nil && view.Alone == nil: // else it was told
		app.Term.Warn("%s: what this machine does not know of is missing", inWords(err))
	case len(list) == 0:
		app.Term.Say("no incident was ever opened in namespace %s of %s", d.client.Where.Namespace, d.client.Where.Context)
	}
	now := d.client.ServerNow()
	return ui.Print(app.Term, opts.output, ui.Document[incident.Brief]{
		Rows: list, Columns: incidentColumns(now, opts.utc), Name: func(b incident.Brief) string { return b.ID },
		Head: incidentListHead{d.client.Where, now.UTC().Truncate(time.Second)},
	})
}

// incidentsKnown lists the incidents that the cluster has and those that only this
// machine knows. The error is why the cluster's could not be listed: which of those
// here are here alone nobody knows then.
func (app *App) incidentsKnown(ctx context.Context, d *desk, view incident.View) ([]incident.Brief, error) {
	kept, unlisted := []incident.Brief{}, view.Alone
	if unlisted == nil {
		limited, stop := context.WithTimeout(ctx, clusterPatience)
		defer stop()
		listed, strange, err := d.Store.List(limited)
		if ctx.Err() != nil {
			return nil, stopped(ctx)
		}
		kept, unlisted = append(kept, listed...), err
		if strange > 0 {
			app.Term.Warn("%s could not be read as incidents", count(strange, "ConfigMap"))
		}
	}
	list, err := d.Copies.Add(kept, d.client.Where)
	if err != nil {
		app.Term.Warn("%s", inWords(err))
	}
	for i := range list {
		list[i].Local = list[i].Local && unlisted == nil
	}
	return list, unlisted
}

// incidentListHead is what JSON says beside the incidents.
type incidentListHead struct {
	Where cluster.Location `json:"where"`
	At    time.Time        `json:"at"`
}

func incidentColumns(now time.Time, utc bool) []ui.Column[incident.Brief] {
	opened := ui.Column[incident.Brief]{Header: "OPENED", Right: true, Value: func(b incident.Brief) string { return ui.Age(max(0, now.Sub(b.Opened))) + " ago" }}
	if utc {
		opened = ui.Column[incident.Brief]{Header: "OPENED", Value: func(b incident.Brief) string { return utcShown(b.Opened) }}
	}
	return []ui.Column[incident.Brief]{
		{Header: "ID", Value: func(b incident.Brief) string { return b.ID }},
		{Header: "STATE", Value: briefState, Role: warnIf(func(b incident.Brief) bool { return b.Closed.IsZero() })},
		opened,
		{Header: "LASTED", Right: true, Value: func(b incident.Brief) string { return lasted(b, now) }},
		{Header: "BY", Value: func(b incident.Brief) string { return b.By.Name() }},
		{Header: "TITLE", Shrink: true, Value: func(b incident.Brief) string { return b.Title }},
	}
}

func briefState(b incident.Brief) string {
	state := "closed"
	if b.Closed.IsZero() {
		state = "open"
	}
	if b.Local {
		state += ", here only"
	}
	return state
}

func lasted(b incident.Brief, now time.Time) string {
	if b.Closed.IsZero() {
		return ui.Age(max(0, now.Sub(b.Opened)))
	}
	return ui.Age(b.Closed.Sub(b.Opened))
}
