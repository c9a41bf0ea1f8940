package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/incident"
)

const incidentOpenLong = `Open an incident. Whoever opens it drives, until somebody takes over.

What the cluster is like now is counted and kept: users' pods, those that wait,
nodes, the repositories with the most pods. One incident is open at a time.`

const incidentOpenExample = `  # Launches fail, and have since some time
  binderctl incident open 'launches fail' --since 5h

  # With what users see, and the runbook that is followed
  binderctl incident open 'too many pods' --symptom 'pods stay Pending' --runbook cluster-full`

type incidentOpenOptions struct {
	title   string
	symptom string
	runbook string
	since   ageFlag
	output  ui.Format
}

func newIncidentOpen(app *App) *cobra.Command {
	var opts incidentOpenOptions
	cmd := &cobra.Command{
		Use:     "open TITLE… [flags]",
		Short:   "Open an incident, and drive",
		Long:    incidentOpenLong,
		Example: incidentOpenExample,
		Args:    aTitle,
		RunE: func(cmd *cobra.Command, words []string) error {
			opts.title = strings.Join(strings.Fields(strings.Join(words, " ")), " ")
			return incidentOpen(cmd.Context(), app, opts)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&opts.symptom, "symptom", "", "what users see, in `WORDS`")
	flags.StringVar(&opts.runbook, "runbook", "", "the runbook that is followed, by `NAME`")
	completeOffline(cmd, "runbook", bookNames)
	flags.Var(&opts.since, "since", "how long ago it began for users, an `AGE` such as 90m or 5h")
	outputFlag(cmd, &opts.output)
	setNeeds(cmd, incidentNeeds(
		need{Resource: "configmaps", Verbs: []string{"create"}, Why: "to open it"},
		need{Group: "coordination.k8s.io", Resource: "leases", Verbs: []string{"create"}, Why: "to be its driver"})...)
	addNeeds(cmd, "", snapshotNeeds()...)
	return cmd
}

// aTitle wants words.
func aTitle(cmd *cobra.Command, words []string) error {
	if len(words) == 0 {
		return fmt.Errorf("%s wants a title, such as 'launches fail'", cmd.CommandPath())
	}
	return nil
}

// mostTitle is the longest title, in bytes: one line.
const mostTitle = 200

func incidentOpen(ctx context.Context, app *App, opts incidentOpenOptions) error {
	if opts.title == "" || len(opts.title) > mostTitle {
		return usagef("title: want one line that says what is wrong, of %d characters at most", mostTitle)
	}
	if opts.runbook != "" {
		book, err := readBook(opts.runbook)
		if err != nil {
			return err
		}
		opts.runbook = book.Name
	}
	d, view, err := app.survey(ctx)
	if err != nil {
		return err
	}
	if view.Incident != nil {
		return alreadyOpen(app, view.Incident)
	}
	in := incident.New(opts.title, d.Me, d.client.Where, d.client.ServerNow())
	in.Symptom, in.Runbook = opts.symptom, opts.runbook
	if opts.since.given {
		in.Began = in.Opened.Add(-opts.since.age)
	}
	if view.Alone == nil {
		in.Opening = app.snapshot(ctx, d.client)
	}
	limited, stop := context.WithTimeout(ctx, clusterPatience)
	defer stop()
	view, err = d.Open(limited, in)
	if other, is := errors.AsType[*incident.AlreadyOpenError](err); is {
		return alreadyOpen(app, other.Incident)
	}
	if apierrors.IsNotFound(err) { // the namespace
		return hintError{err, otherNamespace}
	}
	if err := app.wroteAlone(err); err != nil {
		return err
	}
	app.tellUnsaid(view)
	return app.printOpened(d, view, opts)
}

func alreadyOpen(app *App, in *incident.Incident) error {
	return hintError{
		&incident.AlreadyOpenError{Incident: in},
		"add to it with " + app.again("incident", "note", "TEXT") + ", or drive it with " + app.again("incident", "take"),
	}
}

func (app *App) printOpened(d *desk, view incident.View, opts incidentOpenOptions) error {
	doc := newIncidentDoc(view, d.client.ServerNow(), statusEntries)
	err := ui.PrintDoc(app.Term, opts.output, doc, func(w io.Writer, _ bool) error {
		put(w, ui.Clean(fmt.Sprintf("incident %s is open: %s", view.Incident.ID, view.Incident.Title)))
		for _, line := range snapshotLines(view.Incident.Opening) {
			put(w, ui.Clean(line))
		}
		return nil
	})
	if view.Driver.Is(d.Me) { // the cluster cannot always be told
		app.Term.Say("you drive; what you and others change from now on joins the timeline")
	} else {
		app.Term.Say("nobody is known to drive; once the cluster can be reached: %s", app.again("incident", "take"))
	}
	app.Term.Say("next: %s; is it over? %s", app.again("incident", "note", "TEXT"), app.again("incident", "check"))
	return err
}

// roundedAge is an age that is said of a count.
func roundedAge(seconds float64) string {
	return ui.Age(time.Duration(seconds * float64(time.Second)))
}
