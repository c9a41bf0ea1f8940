package checkup

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
)

// hub asks the Hub's API, and compares what it says with the pods.
func (l *looker) hub(ctx context.Context) {
	connecting, cancel := l.within(ctx, probePatience)
	defer cancel()
	opts := l.opts.Hub
	opts.Unready = true
	client, err := hub.Connect(connecting, l.client, opts)
	if err != nil {
		l.refused(err)
		l.podsAlone(ctx)
		l.settings(ctx)
		return
	}
	defer client.Close()
	l.note(func(e *Evidence) { e.Settings, e.API.Via = client.Settings, client.Via })
	// A Hub that does not tell its version tells nothing else.
	asked, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	var asking sync.WaitGroup
	asking.Go(func() {
		if !l.probe(ctx, client) {
			giveUp(errMute)
		}
		close(l.probed)
	})
	asking.Go(func() { l.compare(asked, client) })
	asking.Go(func() { l.counts(asked, client) })
	asking.Wait()
}

// errMute means that the Hub's API answers nothing at all.
var errMute = errors.New("its API does not answer")

// refused notes why the API cannot be asked. That there is nobody to ask is
// something else than not being allowed to.
func (l *looker) refused(err error) {
	if forbidden(err) || !errors.Is(err, hub.ErrUnreachable) && !errors.Is(err, hub.ErrNoHub) {
		l.miss("the Hub's API", err)
		return
	}
	l.note(func(e *Evidence) {
		e.API.Seen = true
		e.API.fail(err)
	})
}

// probe asks for the Hub's version a few times, and reports whether it was ever
// told. A Hub that fails twice in a row will not do better the third time, nor one
// that has been silent for as long as it may be.
func (l *looker) probe(ctx context.Context, client *hub.Client) (answered bool) {
	seconds, failed, version := []float64{}, 0, ""
	var last error
	for len(seconds)+failed < probes && failed < 2 && !errors.Is(last, cluster.ErrSilent) {
		began := l.client.Now()
		limited, cancel := l.within(ctx, probePatience)
		said, err := client.Version(limited)
		cancel()
		if err != nil {
			failed, last = failed+1, err
			continue
		}
		version = said
		seconds = append(seconds, l.client.Now().Sub(began).Seconds())
	}
	l.note(func(e *Evidence) {
		e.API.Seen, e.API.Seconds, e.API.Failed = true, seconds, failed
		e.API.Answers = e.API.Answers || version != ""
		if version != "" {
			e.API.Version = version
		}
		e.API.fail(last)
	})
	return version != ""
}

// fail notes why the API could not be asked.
func (a *API) fail(err error) {
	if err == nil {
		return
	}
	a.Hangs = errors.Is(err, cluster.ErrSilent)
	a.Trouble = strings.TrimPrefix(strings.TrimPrefix(firstLine(err), "ask for the Hub's version: "), hub.ErrUnreachable.Error()+": ")
	if answer, ok := errors.AsType[*hub.AnswerError](err); ok {
		a.Code = answer.Code
	}
}

func (l *looker) counts(ctx context.Context, client *hub.Client) {
	limited, cancel := l.within(ctx, probePatience)
	defer cancel()
	counts, err := client.Counts(limited)
	switch {
	case err == nil:
		l.note(func(e *Evidence) { e.Counts = &counts })
	case !l.mute(ctx):
		l.miss("the Hub's metrics", err)
	}
}

// mute reports whether the Hub turned out to answer nothing, of which it is
// enough to be told once.
func (l *looker) mute(ctx context.Context) bool {
	<-l.probed
	return errors.Is(context.Cause(ctx), errMute)
}

// settings reads how the Hub was deployed, where the Hub itself is not there.
func (l *looker) settings(ctx context.Context) {
	limited, cancel := l.within(ctx, probePatience)
	defer cancel()
	if settings, err := hub.ReadSettings(limited, l.client, l.opts.Hub); err == nil {
		l.note(func(e *Evidence) { e.Settings = settings })
	}
}

// podsAlone reads the users' pods where there is no Hub to compare them with.
func (l *looker) podsAlone(ctx context.Context) {
	limited, cancel := l.within(ctx, listPatience)
	defer cancel()
	pods, err := l.firstPods()(limited)
	if err != nil {
		l.miss("the users' pods", err)
		return
	}
	l.note(func(e *Evidence) { e.Pods, e.Lately = countPods(pods), latelyOf(pods, nil) })
}

// witness is a Hub, and notes what it said.
type witness struct {
	*hub.Client
	view hub.View
	err  error // of the list
}

// View asks for every server.
func (w *witness) View(ctx context.Context) (hub.View, error) {
	w.view, w.err = w.Client.View(ctx)
	return w.view, w.err
}

// compare compares pods with servers. It looks once: what may pass by itself
// counts only where there is much of it. Nothing is deleted for what it finds, so of
// many that are odd in the same way the Hub is asked for a sample.
func (l *looker) compare(ctx context.Context, client *hub.Client) {
	ctx, cancel := l.within(ctx, listPatience)
	defer cancel()
	said := &witness{Client: client}
	var pods hub.Sighting
	read := l.firstPods()
	limits := client.Settings.Limits()
	limits.HubSince = l.e.Pod.Began
	look, err := hub.LookOnce(ctx, hub.Sources{
		Hub: said,
		Pods: func(ctx context.Context) (seen hub.Sighting, err error) {
			seen, err = read(ctx)
			read = l.readPods
			seen = seen.OfRelease(l.release)
			if err == nil {
				pods = seen
			}
			return seen, err
		},
		Sample: sample, Each: l.client.NewPacer(inFlight).Each,
	}, limits)
	mute := err != nil && l.mute(ctx)
	l.note(func(e *Evidence) {
		if !pods.At.IsZero() {
			e.Pods, e.Lately = countPods(pods), latelyOf(pods, said.view.Servers)
		}
		switch {
		case err == nil:
			e.API.Answers = true
			e.Servers = countServers(said.view)
			e.Drift = driftOf(look)
			e.Lag = lagOf(pods, said.view, e.Pod.Began)
		case mute:
			e.Miss("what the Hub knows", errMute)
		case errors.Is(said.err, hub.ErrRefused):
			e.Miss("the Hub's servers", err)
		case said.err != nil:
			e.API.List = firstLine(said.err)
			e.Miss("the Hub's servers", err)
		default:
			e.Miss("how pods and servers agree", err)
		}
	})
}

// firstPods takes the first look at the users' pods.
func (l *looker) firstPods() func(context.Context) (hub.Sighting, error) {
	if l.opts.Pods != nil {
		return l.opts.Pods
	}
	return l.readPods
}

func (l *looker) readPods(ctx context.Context) (hub.Sighting, error) {
	return hub.ReadUserPods(ctx, l.client)
}

// sample is how many servers of a class the Hub is asked for by name: if one in twenty
// were not as its list says, so many would show none of them once in twenty times. A
// Hub answers some hundred such questions a second, and has other things to do.
const sample = 60

// inFlight is how many questions about single servers the Hub is asked at once.
const inFlight = 8

func countPods(seen hub.Sighting) Pods {
	p := Pods{Seen: true, Total: len(seen.Pods)}
	for i := range seen.Pods {
		pod := &seen.Pods[i]
		switch {
		case !pod.GoneBy.IsZero():
			p.Ending++
			continue
		case pod.Phase == "Running":
			p.Running++
		case pod.Phase == "Pending":
			p.Pending++
		}
		if p.Oldest.IsZero() || pod.Created.Before(p.Oldest) {
			p.Oldest = pod.Created
		}
	}
	return p
}

func countServers(view hub.View) Servers {
	s := Servers{Total: len(view.Servers)}
	for _, server := range view.Servers {
		switch {
		case server.Pending == hub.PendingSpawn:
			s.Starting++
		case server.Pending == hub.PendingStop:
			s.Stopping++
		case server.Pending == hub.PendingCheck:
			s.Checking++
		case server.Ready:
			s.Ready++
		}
	}
	return s
}

func driftOf(look *hub.Look) Drift {
	d := newEvidence().Drift
	d.Seen, d.Judged, d.Known = true, look.Judged, look.Known
	for _, finding := range look.Findings() {
		if finding.Settled {
			d.Certain[finding.Class]++
		} else {
			d.Possible[finding.Class]++
		}
	}
	return d
}

// noticeWithin is how long a pod may be ready before the Hub has to know: it
// waits up to 30 s for the server to answer (JupyterHub's default http_timeout),
// and as long again is for a busy one.
const noticeWithin = time.Minute

// lagOf compares when pods became ready with what the Hub has made of it. Of
// pods that it does not know at all only those count that became ready since it
// began to run, and after others that it did take in: one that lost its memory
// knows none, and is not blind.
func lagOf(seen hub.Sighting, view hub.View, began time.Time) Lag {
	var lag Lag
	for i := range seen.Pods {
		pod := &seen.Pods[i]
		if server, known := view.Servers[pod.Key]; known && server.Ready && pod.ReadyAt.After(lag.Seen) {
			lag.Seen = pod.ReadyAt
		}
	}
	for i := range seen.Pods {
		pod := &seen.Pods[i]
		server, known := view.Servers[pod.Key]
		switch {
		case pod.ReadyAt.IsZero(), !pod.GoneBy.IsZero(), pod.Doubt != "", pod.User == "":
			continue
		case seen.At.Sub(pod.ReadyAt) <= noticeWithin, !pod.ReadyAt.After(lag.Seen):
			continue
		case known && server.Pending != hub.PendingSpawn, !known && (lag.Seen.IsZero() || !pod.ReadyAt.After(began)):
			continue
		}
		lag.Waiting++
		if known {
			lag.Starts++
		}
		if lag.Since.IsZero() || pod.ReadyAt.Before(lag.Since) {
			lag.Since = pod.ReadyAt
		}
	}
	return lag
}
