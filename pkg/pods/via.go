package pods

import (
	"context"
	"fmt"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Hub is what a cull needs of the JupyterHub whose servers the pods are.
type Hub interface {
	// Knows reports whether the Hub has a server that this pod is. That one of the
	// user's has the pod's server's name is not enough: anybody may write a name on
	// a pod.
	Knows(pod Pod) bool
	// Stop asks for a server to be stopped and returns when the Hub has answered;
	// known is false if it has no such server any more. Its errors are of the kinds
	// that a cluster.Pacer understands.
	Stop(ctx context.Context, user, server string) (known bool, err error)
	// Stopping reports whether the Hub says that it is stopping the server.
	Stopping(ctx context.Context, user, server string) (bool, error)
	// Away reports whether an error of these means that no Hub answers.
	Away(err error) bool
	// Hangs reports whether such an error means that the Hub takes requests and
	// answers none: one that is away may be back in a moment, this one hardly.
	Hangs(err error) bool
}

const (
	// hubInFlight is how many servers the Hub is asked to stop side by side: as
	// many as the idle culler does (its default concurrency). A flood of such
	// requests has taken Hubs down.
	hubInFlight = 10
	// hubUnhurried is how long an answer to a stop may take without meaning that
	// the Hub is overloaded: it waits 10 s for the server (JupyterHub's
	// slow_stop_timeout) and answers then.
	hubUnhurried = 15 * time.Second
	// hubCatchesUp is how long the Hub may take to notice that a pod which it was
	// stopping is gone, before it counts as not noticing at all. It takes a second.
	hubCatchesUp = 15 * time.Second
)

// hubReply is what the Hub answered about a pod's server.
type hubReply int

const (
	hubNotAsked hubReply = iota
	hubStops             // it said yes, which may mean anything
	hubForgot            // it has no such server any more
)

// serverName is what the Hub tells servers apart by.
type serverName struct{ user, server string }

// unknownToHub is why a pod stays that the Hub alone was to end.
const unknownToHub = "the Hub does not know it"

// Ends reports whether a pod of the plan is ended by having the Hub stop its
// server: the Hub knows it, and no other pod bears that server's name. The Hub
// is told that name alone, so with two pods nobody could say which would end.
func (p Plan) Ends(hub Hub, victim Victim) bool {
	return !p.shared[serverName{victim.User, victim.Server}] && hub.Knows(victim.Pod)
}

// ways parts the pods into those that are deleted and those whose servers the
// Hub stops. A dry run has no way through the Hub, which knows no such thing.
// What the Hub alone was to end, and does not know, goes neither way.
func (w *culling) ways() (direct, viaHub []int) {
	for i, victim := range w.plan.Victims {
		switch {
		case w.opts.Hub == nil || w.opts.Delete.DryRun:
			direct = append(direct, i)
		case w.plan.Ends(w.opts.Hub, victim):
			viaHub = append(viaHub, i)
		case w.opts.HubAlone:
			w.outcomes[i].Result, w.outcomes[i].Detail = Skipped, unknownToHub
			w.departures.Settled()
		default:
			direct = append(direct, i)
		}
	}
	return direct, viaHub
}

func (w *culling) hubPacer() *cluster.Pacer {
	return w.c.NewUnhurriedPacer(hubInFlight, hubUnhurried)
}

// stop has the Hub stop a server, and makes sure of its pod. The Hub knows a
// server by its user's name alone, so the pod is looked at first: it may have
// ended, and the server of that name be another by now.
func (w *culling) stop(ctx context.Context, i int) error {
	o := &w.outcomes[i]
	if w.stops[i] == hubNotAsked && !w.hubAway.Load() {
		if settled, err := w.settledBefore(ctx, o); settled || err != nil {
			return err
		}
		if err := w.askHub(ctx, i); err != nil {
			return err
		}
	}
	switch {
	case w.hubAway.Load() && w.stops[i] == hubNotAsked && !w.mayGoPast(nil):
		w.leave(i)
	case !w.opts.HubAlone:
		return w.delete(ctx, i)
	case w.stops[i] == hubForgot:
		o.Result, o.Detail = Skipped, "the Hub has no such server any more"
		w.departures.Settled()
	default:
		o.Result = Deleted
		w.departures.Expect(o.UID)
	}
	return nil
}

// askHub asks the Hub to stop a server. That the Hub is lost is no error: it is
// noted, and what becomes of the pod is decided for all that are left.
func (w *culling) askHub(ctx context.Context, i int) error {
	o := &w.outcomes[i]
	known, err := w.opts.Hub.Stop(ctx, o.User, o.Server)
	switch {
	case err != nil && (w.opts.Hub.Hangs(err) || !w.opts.HubAlone && w.opts.Hub.Away(err)):
		w.begun[i] = true // it may have heard
		w.mayGoPast(err)
	case err != nil:
		o.Result = Failed
		return fmt.Errorf("stop server of pod %s: %w", o.Name, err)
	case known:
		w.stops[i], w.begun[i] = hubStops, true
	default:
		w.stops[i] = hubForgot
	}
	return nil
}

// mayGoPast notes that the Hub is lost and reports whether what is still to end
// may be deleted without it. Whoever decides that is asked once, and the others
// wait for it.
func (w *culling) mayGoPast(why error) bool {
	w.lost.Do(func() {
		w.hubAway.Store(true)
		w.past = (w.opts.Past == nil || w.opts.Past(why)) && !w.opts.HubAlone
	})
	return w.past
}

// leave leaves a pod alone whose server the Hub was to stop and is lost.
func (w *culling) leave(i int) {
	o := &w.outcomes[i]
	o.Result, o.Detail = Untried, "the Hub does not answer any more"
	if w.begun[i] {
		o.Result, o.Detail = Failed, "the Hub was asked to stop it, and did not answer"
	}
	w.departures.Settled()
}

// settledBefore reports whether nothing is to be done about a pod after all.
func (w *culling) settledBefore(ctx context.Context, o *Outcome) (bool, error) {
	if o.Result, o.Detail = confirmed(ctx, o.Victim, w.opts); o.Result == "" {
		now, _, err := verifyOne(ctx, w.c, w.plan.Policy, o.Victim)
		if o.Result, o.Detail = now.Result, now.Detail; err != nil {
			return false, err
		}
	}
	if o.Result == "" {
		return false, nil
	}
	w.departures.Settled()
	return true, nil
}

// settleWithHub says of the servers that the Hub was asked to stop where its
// view and the cluster's differ now.
func (w *culling) settleWithHub(ctx context.Context) {
	if w.opts.Hub == nil || ctx.Err() != nil || w.hubAway.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, hubCatchesUp)
	defer cancel()
	var gone []int
	for i, reply := range w.stops {
		switch o := &w.outcomes[i]; {
		case reply == hubNotAsked || o.Detail != "":
		case o.Result == Stuck && w.opts.HubAlone:
			o.Detail = "the Hub was asked to stop it, and it is still there"
		case o.Result == Deleted:
			gone = append(gone, i)
		}
	}
	w.hubPacer().Each(ctx, len(gone), func(_ context.Context, n int) error {
		o := &w.outcomes[gone[n]]
		if w.stillStopping(ctx, o) {
			o.Detail = hubIsBehind
		}
		return nil
	})
}

const hubIsBehind = "it is gone, and the Hub still says that it is stopping it"

// firstLook is after how long the Hub is asked again, at first.
const firstLook = 250 * time.Millisecond

// stillStopping reports whether the Hub says so for as long as ctx lasts. A Hub
// that does not answer says nothing.
func (w *culling) stillStopping(ctx context.Context, o *Outcome) bool {
	for rest := firstLook; ; rest *= 2 {
		stopping, err := w.opts.Hub.Stopping(ctx, o.User, o.Server)
		if err != nil || !stopping {
			return false
		}
		if cluster.Sleep(ctx, rest) != nil {
			return true
		}
	}
}
