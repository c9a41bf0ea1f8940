package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/cmd/internal/journal"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/incident"
)

// glancePatience is how long a change waits to hear whether an incident is open.
// A change may be what is needed to bring the cluster back, so that nothing about
// incidents ever stands in its way.
const glancePatience = 2 * time.Second

// renewEvery is how often a driver counts as being there while a change goes on:
// a drain may take hours.
const renewEvery = incident.StaleAfter / 3

// attendance is a change's part in the open incident. nil is that of a change
// while none is open.
type attendance struct {
	app   *App
	desk  *incident.Desk
	view  incident.View
	entry incident.Entry
	stop  func() // ends the renewing
}

// attend looks whether an incident is open, and has an operator who does not
// drive agree to go ahead beside whoever does. Whatever cannot be seen is no
// obstacle.
func (app *App) attend(ctx context.Context, client *cluster.Client, c change) (*attendance, error) {
	desk, view, err := app.glance(ctx, client)
	switch {
	case ctx.Err() != nil:
		return nil, stoppedError("stopped, nothing was changed")
	case err != nil:
		app.Term.Say("whether an incident is open is not known: %s", shortly(err))
		return nil, nil
	case view.Incident == nil:
		return nil, nil
	}
	if err := app.heedDriver(ctx, view, desk.Me, client.ServerNow(), c.yes); err != nil {
		return nil, err
	}
	entry := desk.Entry(incident.Change, c.what)
	entry.Command = publicCommand(c.command)
	return &attendance{app: app, desk: desk, view: view, entry: entry}, nil
}

// glance reads the incident within glancePatience.
func (app *App) glance(ctx context.Context, client *cluster.Client) (*incident.Desk, incident.View, error) {
	limited, stop := context.WithTimeout(ctx, glancePatience)
	defer stop()
	at := *client
	at.Where.Namespace = cmp.Or(client.Where.Namespace, app.home)
	if at.Where.Namespace == "" { // as of what is about nodes
		found, err := client.HubNamespaces(limited)
		switch {
		case err != nil:
			return nil, incident.View{}, err
		case len(found) != 1:
			return nil, incident.View{}, fmt.Errorf("%s with a Hub; -n names one", count(len(found), "namespace"))
		}
		at.Where.Namespace = found[0]
	}
	var desk *incident.Desk
	me := make(chan *incident.Desk, 1)
	go func() { me <- app.deskFor(limited, &at) }()
	nobody := incident.Desk{Store: incident.NewStore(&at)}
	view, err := nobody.Glance(limited)
	desk = <-me
	return desk, view, err
}

// shortly is an error of the cluster's in few words, for a note in passing.
func shortly(err error) string {
	forbidden, is := errors.AsType[*apierrors.StatusError](err)
	request, unanswered := errors.AsType[*url.Error](err)
	switch {
	case is && apierrors.IsForbidden(err) && forbidden.Status().Details != nil:
		details := forbidden.Status().Details
		return fmt.Sprintf("you may not read or write %s called %s", details.Kind, cmp.Or(details.Name, incident.ConfigMapName+"-…"))
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case unanswered:
		return "server " + hostOf(request.URL) + ": " + inWords(request.Err)
	default:
		return inWords(err)
	}
}

// hostOf is the host of a URL, without what else may stand there.
func hostOf(text string) string {
	parsed, err := url.Parse(text)
	if err != nil {
		return "unknown"
	}
	return parsed.Host
}

// heedDriver has an operator agree who does not drive: by an answer, or with
// --yes by --not-driving. A driver who has not been heard of for long is warned
// of, and holds nobody up: their machine may have died.
func (app *App) heedDriver(ctx context.Context, view incident.View, me incident.Person, now time.Time, yes bool) error {
	driver := view.Driver
	take := app.again("incident", "take")
	open := fmt.Sprintf("incident %s is open (%s)", view.Incident.ID, view.Incident.Title)
	switch {
	case driver.Is(me):
		return nil
	case view.Undriven != nil:
		app.Term.Warn("%s, and who drives is not known: %s", open, shortly(view.Undriven))
		return nil //nolint:nilerr // what cannot be seen is no obstacle
	case driver.Nobody():
		app.Term.Warn("%s and nobody drives; to do so: %s", open, take)
		return nil
	case driver.Stale:
		app.Term.Warn("%s and %s drives, but was %s; to take over: %s", open, driver.Holder, lastHeard(driver, now), take)
		return nil
	}
	app.Term.Warn("%s and %s drives, %s", open, driver.Holder, lastHeard(driver, now))
	if app.global.notDriving {
		return nil
	}
	if yes {
		return hintError{
			usagef("somebody else drives the open incident: %s", driver.Holder),
			"nothing was changed; talk to them, then take over with " + take + ", or go ahead beside them with --not-driving",
		}
	}
	err := app.Term.Confirm(ctx, "go ahead beside "+driver.Holder+"?")
	if errors.Is(err, context.Canceled) {
		return stoppedError("stopped, nothing was changed")
	}
	return err
}

// begin notes in the timeline that the change is under way. That it cannot be
// noted is no reason not to make it.
func (a *attendance) begin(ctx context.Context) {
	if a == nil {
		return
	}
	a.entry.At = a.desk.Store.Now()
	a.write(ctx)
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	a.stop = stop
	go a.renew(renewing)
}

// renew has the driver count as being there for as long as the change takes.
func (a *attendance) renew(ctx context.Context) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			limited, stop := context.WithTimeout(ctx, glancePatience)
			_ = a.desk.Store.Renew(limited, a.desk.Me) // the next time, then
			stop()
		case <-ctx.Done():
			return
		}
	}
}

// end notes what came of the change, also of one that was stopped.
func (a *attendance) end(ctx context.Context, outcomes []journal.Outcome) {
	if a == nil {
		return
	}
	a.stop()
	a.entry.Ended = a.desk.Store.Now()
	a.entry.Counts = map[string]int{}
	for _, outcome := range outcomes {
		a.entry.Counts[outcome.Result]++
	}
	if ctx.Err() != nil {
		a.entry.Error = "stopped by the operator"
	}
	a.write(context.WithoutCancel(ctx))
}

func (a *attendance) write(ctx context.Context) {
	limited, stop := context.WithTimeout(ctx, glancePatience)
	defer stop()
	err := a.desk.Write(limited, &a.view, a.entry)
	if err == nil && a.view.Unsaid == nil {
		return
	}
	if alone, is := errors.AsType[*incident.AloneError](err); is {
		a.app.Term.Warn("the timeline of incident %s has this on THIS MACHINE ONLY: %s", a.view.Incident.ID, shortly(alone.Cause))
		return
	}
	a.app.Term.Warn("the timeline of incident %s may lack this: %s", a.view.Incident.ID, shortly(errors.Join(err, a.view.Unsaid)))
}

// publicCommand is a command without what is about the operator's machine, as
// reports are public, and without what only answers a question.
func publicCommand(command string) string {
	unsaid := regexp.MustCompile(`^--(kubeconfig|config|hub-token-file|context|color|yes|quiet|not-driving|plan)=`)
	plain := regexp.MustCompile(`^(--[a-z-]+)=true$`)
	var words []string
	for _, word := range regexp.MustCompile(`(?:'[^']*'|\\'|[^\s'])+`).FindAllString(command, -1) { // as typed writes them
		if !unsaid.MatchString(word) {
			words = append(words, plain.ReplaceAllString(word, "$1"))
		}
	}
	return strings.Join(words, " ")
}

// gateNeeds are what a change needs to heed an incident and to join its timeline.
// Without them it is made all the same.
func gateNeeds() []need {
	needs := incidentNeeds()
	for i := range needs {
		needs[i].Why += "; without it changes are made all the same"
	}
	return needs
}
