package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	_ "time/tzdata" // for --zone on machines without the zones, such as a container without a system

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/state"
	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/incident"
)

const incidentReportLong = `Write the report of an incident in Markdown: summary, timeline, lessons learned,
action items.

It says what was recorded and nothing else; what only people know is asked for in
comments, which GitHub does not show. Without an ID it is about the open incident,
else about the latest. If the cluster cannot be reached it is written from the
copy on this machine, as with --local.`

const incidentReportExample = `  # Times as the team in Paris knows them, beside UTC
  binderctl incident report --zone Europe/Paris > report.md

  # One that is long over, as it was recorded
  binderctl incident report 20180708-212503 -o json`

type incidentReportOptions struct {
	id     string
	zone   zoneFlag
	local  bool
	output ui.Format
}

func newIncidentReport(app *App) *cobra.Command {
	opts := incidentReportOptions{zone: zoneFlag{time.UTC}}
	cmd := &cobra.Command{
		Use:     "report [ID] [flags]",
		Short:   "Write the report, in Markdown",
		Long:    incidentReportLong,
		Example: incidentReportExample,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			opts.id = strings.Join(ids, "")
			return incidentReport(cmd.Context(), app, opts)
		},
	}
	flags := cmd.Flags()
	flags.Var(&opts.zone, "zone", "show times in this `ZONE` beside UTC, such as Europe/Paris")
	flags.BoolVar(&opts.local, "local", false, "from the copy on this machine, without asking the cluster")
	outputFlag(cmd, &opts.output)
	setNeeds(cmd, incidentNeeds(need{Resource: "configmaps", Verbs: []string{"get", "list"}, Why: "for incidents that are over, and for long timelines"})...)
	return cmd
}

func incidentReport(ctx context.Context, app *App, opts incidentReportOptions) error {
	in, err := app.recorded(ctx, opts)
	if errors.Is(err, incident.ErrNone) {
		return hintError{err, "which there are: " + app.again("incident", "list")}
	}
	if err != nil {
		return err
	}
	return ui.PrintDoc(app.Term, opts.output, in, func(w io.Writer, _ bool) error {
		var text strings.Builder
		if err := incident.WriteReport(&text, in, incident.ReportOptions{Zone: opts.zone.Location, Now: app.Now()}); err != nil {
			return err
		}
		_, err := io.WriteString(w, ui.CleanText(text.String()))
		return err
	})
}

// recorded reads an incident, from the cluster if it can be asked.
func (app *App) recorded(ctx context.Context, opts incidentReportOptions) (*incident.Incident, error) {
	copies := incident.NewCopies(state.Path(app.Getenv, "incidents"))
	if opts.local {
		in, err := copies.Find(nil, opts.id)
		return in, err
	}
	d, err := app.desk(ctx)
	if errors.Is(err, cluster.ErrNoConfig) {
		app.Term.Warn("%s: written from a copy on this machine", inWords(err))
		return copies.Find(nil, opts.id)
	}
	if err != nil {
		return nil, err
	}
	view, err := app.look(ctx, d) // which merges what this machine knows better
	if err != nil {
		return nil, err
	}
	if view.Alone != nil {
		return copies.Find(&d.client.Where, opts.id)
	}
	limited, stop := context.WithTimeout(ctx, clusterPatience)
	defer stop()
	in, alone, err := d.Get(limited, opts.id)
	switch {
	case err != nil || alone == nil:
	case errors.Is(alone, incident.ErrNone):
		app.Term.Warn("the cluster has no such incident any more: written from the copy on THIS MACHINE, which may lack what others did")
	default:
		app.Term.Warn("the cluster cannot be asked (%s): written from the copy on THIS MACHINE, which may lack what others did", shortly(alone))
	}
	return in, err
}

// zoneFlag is a time zone.
type zoneFlag struct{ *time.Location }

func (f *zoneFlag) String() string {
	if f.Location == nil {
		return ""
	}
	return f.Location.String()
}

func (f *zoneFlag) Set(text string) error {
	zone, err := time.LoadLocation(text)
	if err != nil || text == "" {
		return fmt.Errorf("there is no time zone %q; want a name such as Europe/Paris, America/Los_Angeles or Local", text)
	}
	f.Location = zone
	return nil
}

func (f *zoneFlag) Type() string { return "ZONE" }
