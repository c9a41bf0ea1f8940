package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/binderctl/binderctl/cmd/internal/journal"
	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
)

// change is something a command wants to do to the cluster.
type change struct {
	command string // what was called, for the journal
	what    string // what will be done, such as "delete 598 pods"
	digest  string // identifies the plan
	grave   string // why a plain yes is not enough, or ""
	yes     bool   // the operator has already agreed
	wide    bool   // it is not confined to the client's namespace, as what is done to nodes
	planned []journal.Outcome

	// show prints the plan to stderr.
	show func() error
	// carryOut does it all and says what became of each part. It returns when
	// everything begun is finished, also when ctx ends.
	carryOut func(ctx context.Context) []journal.Outcome
	// report prints the outcome to stdout and returns what went wrong.
	report func() error
}

// gate is the one way to change a cluster. It shows the plan, says who drives the
// incident if one is open, says where, asks, notes in the journal what is about to
// be done, does it, notes what came of it, in the incident's timeline too, and
// reports.
func (app *App) gate(ctx context.Context, client *cluster.Client, c change) error {
	if !c.yes { // whoever is asked must see what about
		app.Term.Configure(ui.Options{Color: app.global.color})
	}
	if err := c.show(); err != nil {
		return err
	}
	timeline, err := app.attend(ctx, client, c)
	if err != nil {
		return err
	}
	app.sayPlace(client.Where, c.wide) // last, next to the question
	if err := app.agree(ctx, client, c); err != nil {
		return err
	}
	book, err := journal.Open(journal.DefaultPath(app.Getenv))
	if err != nil {
		return hintError{err, "nothing was changed: every change is noted first; set XDG_STATE_HOME to a folder that can be written"}
	}
	defer book.Close()
	entry := journal.Entry{
		At: app.Now(), By: journal.Author{Login: app.Login, Cluster: client.Operator(ctx)},
		Where: client.Where, Command: c.command, Digest: c.digest, What: c.what, Outcomes: c.planned,
	}
	if err := book.Begin(entry); err != nil {
		return hintError{err, "nothing was changed: every change is noted first"}
	}
	timeline.begin(ctx)
	entry.Outcomes = c.carryOut(ctx)
	entry.Ended = app.Now()
	timeline.end(ctx, entry.Outcomes)
	return errors.Join(book.End(entry), c.report(), stopped(ctx))
}

// sayWhere says which place a plan is for.
func (app *App) sayWhere(where cluster.Location) { app.sayPlace(where, false) }

// sayPlace says which place a plan is for: a namespace, or the whole cluster.
func (app *App) sayPlace(where cluster.Location, wide bool) {
	if wide {
		app.Term.Say("context %s, server %s", where.Context, where.Server)
		return
	}
	app.Term.Say("context %s, server %s, namespace %s", where.Context, where.Server, where.Namespace)
}

// agree has the operator agree, the more deliberately the graver the change: to
// the gravest by typing where it is made.
func (app *App) agree(ctx context.Context, client *cluster.Client, c change) error {
	word, place := client.Where.Namespace, fmt.Sprintf("in namespace %s of %s", client.Where.Namespace, client.Where.Context)
	if c.wide {
		word, place = cmp.Or(client.Where.Context, client.Where.Server), "in "+client.Where.Context
	}
	var err error
	switch {
	case c.yes:
		err = ctx.Err()
	case c.grave != "":
		err = app.Term.ConfirmTyping(ctx, fmt.Sprintf("%s: %s?", c.grave, c.what), word)
	default:
		err = app.Term.Confirm(ctx, fmt.Sprintf("%s %s?", c.what, place))
	}
	if errors.Is(err, context.Canceled) {
		return stoppedError("stopped, nothing was changed")
	}
	return err
}

// canAsk fails at once, before any work, if a question would come that nobody
// can answer.
func (app *App) canAsk(yes bool) error {
	if yes || app.Term.InTTY && app.Term.ErrTTY {
		return nil
	}
	return hintError{ui.ErrCannotAsk, "what it would do, changing nothing, shows --dry-run"}
}

// stopped is the error of a change that the operator stopped.
func stopped(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return stoppedError("stopped")
}

// stoppedError is that the operator has stopped a command, in words for people.
type stoppedError string

func (e stoppedError) Error() string { return string(e) }

// Unwrap is how the rest of the program knows.
func (stoppedError) Unwrap() error { return context.Canceled }
