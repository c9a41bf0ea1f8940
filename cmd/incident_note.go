package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/pkg/incident"
)

const incidentNoteLong = `Write something into the timeline of the open incident: what was seen, said,
decided. Without words, or with -, it is read from stdin.

Reports are public: leave out tokens and users' addresses.`

const incidentNoteExample = `  # What was decided
  binderctl incident note 'deciding to restart the Hub: reflector dead since 18:30'

  # What happened earlier, and only now came to light
  binderctl incident note --ago 5h 'launch success drops to zero (grafana)'

  # The output of something else
  kubectl -n prod get deploy hub | binderctl incident note`

type incidentNoteOptions struct {
	words []string
	ago   ageFlag
}

func newIncidentNote(app *App) *cobra.Command {
	var opts incidentNoteOptions
	cmd := &cobra.Command{
		Use:     "note [TEXT…] [flags]",
		Short:   "Write something into the timeline",
		Long:    incidentNoteLong,
		Example: incidentNoteExample,
		RunE: func(cmd *cobra.Command, words []string) error {
			opts.words = words
			return incidentNote(cmd.Context(), app, opts)
		},
	}
	cmd.Flags().Var(&opts.ago, "ago", "how long ago it was, an `AGE` such as 20m")
	setNeeds(cmd, incidentNeeds(pageNeed())...)
	return cmd
}

func incidentNote(ctx context.Context, app *App, opts incidentNoteOptions) error {
	text, err := app.noteText(opts.words)
	if err != nil {
		return err
	}
	d, view, err := app.theIncident(ctx)
	if err != nil {
		return keepForLater(err, text)
	}
	entry := d.Entry(incident.Note, text)
	entry.At = entry.At.Add(-opts.ago.age)
	if err := app.write(ctx, d, &view, entry); err != nil {
		return err
	}
	app.Term.Say("noted in incident %s: %s", view.Incident.ID, view.Incident.Title)
	return nil
}

// write writes entries and says if they did not reach the cluster.
func (app *App) write(ctx context.Context, d *desk, view *incident.View, entries ...incident.Entry) error {
	limited, stop := context.WithTimeout(ctx, clusterPatience)
	defer stop()
	if err := app.wroteAlone(d.Write(limited, view, entries...)); err != nil {
		return err
	}
	app.tellUnsaid(*view)
	return nil
}

// noteText is what is to be noted.
func (app *App) noteText(words []string) (string, error) {
	text := strings.Join(words, " ")
	if len(words) == 0 || text == "-" {
		if app.Term.InTTY {
			return "", usagef("what is to be noted? give it as words, or on stdin")
		}
		read, err := io.ReadAll(io.LimitReader(app.Term.In, incident.MaxText+1))
		if err != nil {
			return "", fmt.Errorf("read note: %w", err)
		}
		text = string(read)
	}
	text = strings.TrimSpace(strings.ToValidUTF8(text, "�"))
	switch {
	case text == "":
		return "", usagef("the note is empty")
	case len(text) > incident.MaxText:
		return "", usagef("the note is longer than %d kB: keep the whole elsewhere, and note where, and the lines that matter", incident.MaxText>>10)
	}
	return text, nil
}

// keepForLater returns what was to be noted with the error, so that it is not
// lost.
func keepForLater(err error, text string) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	hinted, is := errors.AsType[hintError](err)
	if !is {
		return fmt.Errorf("%w; not noted: %s", err, text)
	}
	return hintError{fmt.Errorf("%w; not noted: %s", hinted.error, text), hinted.hint}
}
