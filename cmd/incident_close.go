package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/incident"
)

const incidentCloseLong = `Close the incident, after a last check: if that does not pass the incident stays
open and the exit code is 3, unless --anyway says why.

What the cluster is like now is counted and kept, for the report to compare. The
wheel is let go. The incident is kept under its ID: binderctl incident list.`

const incidentCloseExample = `  # It is over
  binderctl incident close

  # It is over for users; the rest is for tomorrow
  binderctl incident close --anyway 'launches work; node 2fhq is cordoned and looked at tomorrow'`

type incidentCloseOptions struct {
	incidentCheckOptions
	anyway wordFlag
	yes    bool
}

func newIncidentClose(app *App) *cobra.Command {
	var opts incidentCloseOptions
	cmd := &cobra.Command{
		Use:     "close [flags]",
		Short:   "Close the incident, if it is over",
		Long:    incidentCloseLong,
		Example: incidentCloseExample,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return incidentClose(cmd.Context(), app, opts) },
	}
	opts.add(cmd)
	cmd.Flags().Var(&opts.anyway, "anyway", "close it though the check does not pass, and record `WHY`")
	cmd.Flags().BoolVarP(&opts.yes, "yes", "y", false, "do not ask; beside somebody else who drives also --not-driving")
	setNeeds(cmd, incidentNeeds(
		need{Resource: "configmaps", Names: []string{incident.ConfigMapName}, Verbs: []string{"delete"}, Why: "to give the closed incident another name"},
		need{Resource: "configmaps", Verbs: []string{"create", "get"}, Why: "likewise, and for the older entries of a long timeline"})...)
	checkNeeds(cmd)
	return cmd
}

func incidentClose(ctx context.Context, app *App, opts incidentCloseOptions) error {
	x, err := app.newExaminer(&opts.incidentCheckOptions)
	if err != nil {
		return err
	}
	d, view, err := app.theIncident(ctx)
	switch {
	case errors.Is(err, incident.ErrNone) && view.Alone == nil:
		return hintError{noneIn(d), "those that are over: " + app.again("incident", "list")}
	case err != nil:
		return err
	case view.Alone != nil:
		return hintError{
			fmt.Errorf("close incident: %s", shortly(view.Alone)), "it stays open; note what is to be noted, and close it once the incident can be read",
		}
	}
	if err := app.heedDriver(ctx, view, d.Me, d.client.ServerNow(), opts.yes); err != nil {
		return err
	}
	check, err := x.check(ctx, d, &view)
	if err != nil {
		return err
	}
	if !check.Passed && opts.anyway == "" {
		if err := app.printCheck(check, &view, opts.incidentCheckOptions); err != nil {
			return err
		}
		app.Term.Say("incident %s stays open; to close it all the same: %s", view.Incident.ID, app.again("incident", "close", "--anyway", "WHY"))
		return unhealthyError{}
	}
	return app.closeIncident(ctx, d, &view, check, opts)
}

func (app *App) closeIncident(ctx context.Context, d *desk, view *incident.View, check incident.Check, opts incidentCloseOptions) error {
	anyway := string(opts.anyway)
	if check.Passed {
		anyway = ""
	}
	shot := app.snapshot(ctx, d.client)
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	limited, stop := context.WithTimeout(ctx, clusterPatience)
	defer stop()
	if err := d.Close(limited, view, anyway, shot); err != nil {
		if errors.Is(err, incident.ErrNone) {
			return fmt.Errorf("close incident: somebody else did, meanwhile: %w", err)
		}
		return err
	}
	app.tellUnsaid(*view)
	in := view.Incident
	doc := incidentDoc{At: in.Closed, From: "cluster", Age: secondsSince(in.Closed, in.Opened), Incident: in}
	err := ui.PrintDoc(app.Term, opts.shown.output, doc, func(w io.Writer, _ bool) error {
		put(w, ui.Clean(fmt.Sprintf("incident %s is closed, after %s: %s", in.ID, ui.Age(in.Closed.Sub(in.Opened)), in.Title)))
		for _, line := range snapshotLines(in.Closing) {
			put(w, ui.Clean(line))
		}
		return nil
	})
	app.Term.Say("next, the report: %s > report.md", app.again("incident", "report", in.ID))
	return err
}
