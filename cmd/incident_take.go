package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/incident"
)

const incidentTakeLong = `Become the driver of the open incident: the one who issues the commands.

If somebody drives who was heard of within the last 15 minutes, this asks first:
talk to them. Whoever has not used binderctl for longer is taken to be gone.
The change of driver joins the timeline.`

const incidentTakeExample = `  # Take over from a colleague who goes to bed
  binderctl incident take`

type incidentTakeOptions struct {
	yes    bool
	output ui.Format
}

func newIncidentTake(app *App) *cobra.Command {
	var opts incidentTakeOptions
	cmd := &cobra.Command{
		Use:     "take [flags]",
		Short:   "Become the driver of the open incident",
		Long:    incidentTakeLong,
		Example: incidentTakeExample,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return incidentTake(cmd.Context(), app, opts) },
	}
	cmd.Flags().BoolVarP(&opts.yes, "yes", "y", false, "do not ask")
	outputFlag(cmd, &opts.output)
	setNeeds(cmd, incidentNeeds(
		pageNeed(),
		need{Group: "coordination.k8s.io", Resource: "leases", Verbs: []string{"create"}, Why: "where nobody has ever driven"})...)
	return cmd
}

func incidentTake(ctx context.Context, app *App, opts incidentTakeOptions) error {
	d, view, err := app.theIncident(ctx)
	switch {
	case err != nil:
		return err
	case view.Alone != nil:
		return hintError{fmt.Errorf("take over: %s", shortly(view.Alone)), "who drives is kept in the cluster alone; agree with the others by other means"}
	case view.Undriven != nil:
		return fmt.Errorf("take over: %w", view.Undriven)
	case view.Driver.Is(d.Me):
		app.Term.Say("you drive already, %s", app.forShown(view.Driver.Since, d.client.ServerNow(), false))
		return app.printDriver(d, view, opts)
	case view.Driver.Nobody():
		app.Term.Say("nobody drives incident %s", view.Incident.ID)
	default:
		app.Term.Say("incident %s: %s drives, %s", view.Incident.ID, view.Driver.Holder, lastHeard(view.Driver, d.client.ServerNow()))
		if err := app.agreeToTake(ctx, view.Driver, opts.yes); err != nil {
			return err
		}
	}
	limited, stop := context.WithTimeout(ctx, clusterPatience)
	defer stop()
	err = d.Take(limited, &view, takingSaid(view.Driver, d))
	if taken, is := errors.AsType[*incident.TakenError](err); is {
		return hintError{taken, "talk to them; " + app.again("incident", "take") + " asks again"}
	}
	if err := app.wroteAlone(err); err != nil {
		return err
	}
	app.Term.Say("you drive incident %s", view.Incident.ID)
	return app.printDriver(d, view, opts)
}

func (app *App) printDriver(d *desk, view incident.View, opts incidentTakeOptions) error {
	return ui.PrintDoc(app.Term, opts.output, newIncidentDoc(view, d.client.ServerNow(), statusEntries), func(w io.Writer, _ bool) error {
		put(w, ui.Clean("driver: "+view.Driver.Holder))
		return nil
	})
}

// agreeToTake asks whether to take over from somebody who is there.
func (app *App) agreeToTake(ctx context.Context, driver incident.Driver, yes bool) error {
	if yes || driver.Stale {
		return ctx.Err()
	}
	err := app.Term.Confirm(ctx, "take over from "+driver.Holder+"?")
	if errors.Is(err, context.Canceled) {
		return stoppedError("stopped, nothing was changed")
	}
	return err
}

// takingSaid is what the timeline says of a change of driver.
func takingSaid(before incident.Driver, d *desk) string {
	if before.Nobody() {
		return "drives from now on"
	}
	text := "drives from now on, in place of " + before.Holder
	if before.Stale {
		text += ", who was " + lastHeard(before, d.client.ServerNow())
	}
	return text
}

// lastHeard says when something was last heard of a driver.
func lastHeard(driver incident.Driver, now time.Time) string {
	return "last heard of " + ui.Age(driver.Heard(now)) + " ago"
}
