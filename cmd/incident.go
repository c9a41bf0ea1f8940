package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/cmd/internal/state"
	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/incident"
)

const incidentLong = `Keep an incident: who drives, what was done and seen, whether it is over, and
the report.

It is kept in the Hub's namespace, where everybody on the rota sees it: in the
ConfigMap binderctl-incident and the Lease binderctl-incident-driver. A copy is
kept on this machine, and is all there is while the cluster cannot be reached;
what only it knows goes to the cluster with the next command that reaches it.

One person drives and issues the commands. While an incident is open, whatever
changes the cluster joins its timeline by itself, and whoever does not drive is
told who does and asked before they change anything.`

func newIncident(app *App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "incident",
		Aliases: []string{"incidents"},
		Short:   "Keep an incident: driver, timeline, exit gate, report",
		Long:    incidentLong,
		Args:    knownCommand,
		RunE:    help,
	}
	cmd.AddCommand(
		newIncidentOpen(app), newIncidentNote(app), newIncidentTake(app), newIncidentStatus(app), newIncidentCheck(app),
		newIncidentReport(app), newIncidentClose(app), newIncidentList(app),
	)
	return cmd
}

// clusterPatience is how long the commands of an incident wait for the cluster
// before they work with what this machine knows: an API server that is alive
// answers such requests within a second.
const clusterPatience = 8 * time.Second

// desk is where an operator works on incidents.
type desk struct {
	*incident.Desk
	client *cluster.Client
	blind  error // why there is no asking the cluster, known already
}

// desk prepares to work on incidents. What an incident's commands write are notes
// in objects of their own: they do not go through the gate, which asks about what
// users would feel.
func (app *App) desk(ctx context.Context) (*desk, error) {
	client, err := app.dial()
	if err != nil {
		return nil, err
	}
	limited, stop := context.WithTimeout(ctx, clusterPatience)
	defer stop()
	if err := app.settleNamespace(limited, client); err != nil {
		return nil, err
	}
	d := &desk{client: client}
	if app.place == placeUnknown {
		_, err := client.HubNamespaces(limited)
		if err == nil || apierrors.IsForbidden(err) {
			return nil, usagef("no namespace is named, and none with a Hub was found: name the BinderHub's with -n")
		}
		client.Where.Namespace, d.blind = "", err // a copy on this machine may know better
	}
	d.Desk = app.deskFor(limited, client)
	if d.blind == nil && limited.Err() != nil { // it will not answer the next question either
		d.blind = fmt.Errorf("server %s: no answer within %s", client.Where.Server, clusterPatience)
	}
	return d, stopped(ctx)
}

func (app *App) deskFor(ctx context.Context, client *cluster.Client) *incident.Desk {
	return &incident.Desk{
		Store:  incident.NewStore(client),
		Copies: incident.NewCopies(state.Path(app.Getenv, "incidents")),
		Me:     incident.Person{Login: app.Login, Cluster: client.Operator(ctx), Host: app.Host},
	}
}

// look reads the open incident, and says what is out of the ordinary about how it
// was read.
func (app *App) look(ctx context.Context, d *desk) (incident.View, error) {
	limited, stop := context.WithTimeout(ctx, clusterPatience)
	defer stop()
	var view incident.View
	var err error
	switch {
	case d.blind != nil:
		view, err = d.Blind(d.blind)
	case app.looking:
		view, err = d.Peek(limited)
	default:
		view, err = d.Look(limited)
	}
	switch {
	case ctx.Err() != nil:
		return view, stopped(ctx)
	case err != nil:
		return view, err
	}
	app.tellView(view)
	return view, nil
}

// survey prepares to work on incidents and reads the open one.
func (app *App) survey(ctx context.Context) (*desk, incident.View, error) {
	d, err := app.desk(ctx)
	if err != nil {
		return nil, incident.View{}, err
	}
	view, err := app.look(ctx, d)
	return d, view, err
}

// tellView says what is out of the ordinary.
func (app *App) tellView(view incident.View) {
	if view.Alone != nil {
		app.Term.Warn("the incident cannot be read from the cluster (%s): this is what THIS MACHINE knows; others may have done more", shortly(view.Alone))
	}
	for _, m := range view.Merged {
		text := "brought to the cluster what was written here and did not get there: " + entriesSaid(m.Entries)
		switch {
		case m.Opened:
			app.Term.Say("%s, and the incident %s itself", text, m.ID)
		case m.Into != m.ID:
			app.Term.Warn("incident %s, opened here while the cluster could not be reached, is now part of %s, which somebody else has opened: %s", m.ID, m.Into, entriesSaid(m.Entries))
		default:
			app.Term.Say("%s", text)
		}
	}
	app.tellUnsaid(view)
}

// tellUnsaid says what went wrong beside.
func (app *App) tellUnsaid(view incident.View) {
	if view.Unsaid == nil {
		return
	}
	told := ""
	for line := range strings.SplitSeq(inWords(view.Unsaid), "\n") { // a full disk is met more than once
		if line != told {
			app.Term.Warn("%s", line)
		}
		told = line
	}
}

func entriesSaid(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return itoa(n) + " entries"
}

// theIncident is survey where one has to be open; else it is an error that says
// how to open one.
func (app *App) theIncident(ctx context.Context) (*desk, incident.View, error) {
	d, view, err := app.survey(ctx)
	if err != nil || view.Incident != nil {
		return d, view, err
	}
	if view.Alone != nil {
		return d, view, hintError{errNoneHere(), "to open one here: " + app.again("incident", "open", "TITLE")}
	}
	return d, view, hintError{noneIn(d), "open one: " + app.again("incident", "open", "TITLE")}
}

// errNoneHere is that no incident is open where the cluster could not be asked,
// which was said.
func errNoneHere() error { return fmt.Errorf("%w as far as this machine knows", incident.ErrNone) }

func noneIn(d *desk) error {
	return fmt.Errorf("%w in namespace %s of %s", incident.ErrNone, d.client.Where.Namespace, d.client.Where.Context)
}

// wroteAlone tells loudly that something is on this machine only, which is no
// failure: it was written. Any other error is one.
func (app *App) wroteAlone(err error) error {
	if err == nil {
		return nil
	}
	alone, is := errors.AsType[*incident.AloneError](err)
	if !is {
		return err
	}
	app.Term.Warn("written on THIS MACHINE ONLY (%s): the next binderctl incident command that reaches the cluster brings it there", shortly(alone.Cause))
	return nil
}

// incidentNeeds are what an incident's commands need of the cluster.
func incidentNeeds(more ...need) []need {
	return append([]need{
		{Resource: "configmaps", Names: []string{incident.ConfigMapName}, Verbs: []string{"get", "update"}, Why: "to read the incident and to write its timeline"},
		{Group: "coordination.k8s.io", Resource: "leases", Names: []string{incident.LeaseName}, Verbs: []string{"get", "update"}, Why: "to see who drives, and to stay the driver"},
	}, more...)
}

// pageNeed is what an incident needs that outgrows its ConfigMap.
func pageNeed() need {
	return need{Resource: "configmaps", Verbs: []string{"create"}, Why: "for the older entries of a long timeline, and for what this machine has written while the cluster was away"}
}

// shownFlags say how what is known of incidents is shown.
type shownFlags struct {
	utc    bool
	output ui.Format
}

func (f *shownFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.utc, "utc", false, "show times in UTC instead of ages")
	outputFlag(cmd, &f.output)
}
