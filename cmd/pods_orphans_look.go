package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/pods"
)

// observer compares pods with what the Hub and the proxy say.
type observer struct {
	app      *App
	client   *cluster.Client
	hub      *hub.Client
	proxy    *hub.Proxy // nil if it cannot be asked
	settings hub.Settings
	limits   hub.Limits
	began    time.Time       // when the Hub's pod did; zero if nothing tells
	release  string          // of the chart, of the Hub's pod; "" if nothing tells
	releases map[string]bool // of the chart, of the users' pods
	noRoutes string          // why the proxy was not asked, or ""
	opts     podsOrphansOptions
}

// observe reaches the Hub and, where it can, the proxy. The caller closes the
// observer.
func (app *App) observe(ctx context.Context, client *cluster.Client, opts podsOrphansOptions) (*observer, error) {
	options, err := opts.hub.options(app)
	if err != nil {
		return nil, err
	}
	options.Pinned = opts.cull
	o := &observer{app: app, client: client, opts: opts, releases: map[string]bool{}}
	if o.hub, err = hub.Connect(ctx, client, options); err != nil {
		return nil, err
	}
	if o.settings = o.hub.Settings; !o.settings.Read && options.URL != "" {
		if settings, err := hub.ReadSettings(ctx, client, options); err == nil {
			o.settings = settings
		}
	}
	if pod, err := hub.Pod(ctx, client); err == nil {
		o.began, o.release = hub.Started(pod), hub.Release(pod)
	}
	if o.proxy, err = hub.ConnectProxy(ctx, client, options); err != nil {
		o.noRoutes = err.Error()
	}
	o.limits = opts.limits(o.settings, o.began)
	return o, nil
}

func (o *observer) close() {
	_ = o.hub.Close()
	if o.proxy != nil {
		_ = o.proxy.Close()
	}
}

// limits are the Hub's own, less what the operator knows better.
func (o *podsOrphansOptions) limits(settings hub.Settings, began time.Time) hub.Limits {
	limits := settings.Limits()
	limits.HubSince, limits.LaunchTimeout = began, o.launchTimeout.age
	if o.startTimeout.given {
		limits.StartTimeout, limits.Assumed = o.startTimeout.age, false
	}
	if o.maxAge.given {
		limits.MaxAge = settings.LatestAge(o.maxAge.age)
	}
	return limits
}

// look looks once.
func (o *observer) look(ctx context.Context) (*hub.Look, error) {
	sources := hub.Sources{Hub: o.hub, Pods: o.pods, Each: o.each}
	if o.proxy != nil {
		sources.Routes = o.routes()
	}
	look, err := hub.LookOnce(ctx, sources, o.limits)
	if err != nil {
		return nil, err
	}
	o.remark(look)
	return look, nil
}

func (o *observer) pods(ctx context.Context) (hub.Sighting, error) {
	seen, err := hub.ReadUserPods(ctx, o.client)
	for i := range seen.Pods {
		if release := seen.Pods[i].Release; release != "" {
			o.releases[release] = true
		}
	}
	return seen.OfRelease(o.release), err
}

// each asks the Hub many questions, as many at once as it bears. It waits where
// the Hub asks for that; but one answer that fails is enough for nothing to be
// known, so the rest is not asked for then.
func (o *observer) each(ctx context.Context, n int, do func(context.Context, int) error) []error {
	if n == 0 {
		return nil
	}
	progress := o.app.Term.Start("asking the Hub by name", n)
	defer progress.Done()
	var mu sync.Mutex
	var failed error
	errs := o.client.NewPacer(orphansInFlight).Each(ctx, n, func(ctx context.Context, i int) error {
		mu.Lock()
		over := failed != nil
		mu.Unlock()
		if over {
			return nil
		}
		err := do(ctx, i)
		if _, throttled := cluster.Throttled(err); throttled {
			return err
		}
		progress.Step(1)
		mu.Lock()
		defer mu.Unlock()
		failed = cmp.Or(failed, err)
		return nil
	})
	return append(errs, failed)
}

// routes asks the proxy. Without an answer to the first question the rest can
// still be told; without one to a later question, something that was seen cannot.
func (o *observer) routes() func(context.Context) (map[hub.Key]bool, error) {
	answered := false
	return func(ctx context.Context) (map[hub.Key]bool, error) {
		routes, err := o.proxy.Routes(ctx)
		if err != nil && !answered && !errors.Is(err, context.Canceled) {
			o.noRoutes = err.Error()
			return nil, nil
		}
		answered = true
		return routes, err
	}
}

// remark says what could not be seen, and what was not judged.
func (o *observer) remark(look *hub.Look) {
	if o.noRoutes != "" {
		o.app.Term.Warn("the proxy's routes could not be read, so what is unrouted or stale there is missing: %s", o.noRoutes)
	}
	if o.limits.Assumed {
		o.app.Term.Warn("how the Hub was deployed could not be read: it is taken to give up a start after %s; --start-timeout AGE says otherwise", pods.Age(o.limits.StartTimeout))
	}
	if look.Doubtful > 0 {
		o.app.Term.Warn("%s may be no user's (labels or annotations are missing, or a controller has it), or of another Hub (its release is another), and so may be missing here", count(look.Doubtful, "pod"))
	}
	if look.Pods == 0 && look.Servers > 0 {
		o.app.Term.Warn("the Hub knows %s, and namespace %s has no user's pod at all: are they in another one?", count(look.Servers, "server"), o.client.Where.Namespace)
	}
	if o.limits.MaxAge == 0 && !o.opts.cull {
		o.app.Term.Say("not judged who is overdue: the culler has no maximum age; --max-age AGE gives one")
	}
}

// settle waits, if something may pass by itself, and looks again. Whatever it
// returns, the look holds what is known.
func (o *observer) settle(ctx context.Context, look *hub.Look) error {
	open := slices.DeleteFunc(o.findings(look), func(f hub.Finding) bool { return f.Settled })
	if o.opts.settle == 0 || len(open) == 0 {
		return nil
	}
	o.app.Term.Say("%s may be gone in a moment, as the Hub asks after its servers every 30s: looking again in %s (Ctrl-C: do not wait)",
		cmp.Or(soleClass(open), count(len(open), "finding")), o.opts.settle)
	if err := o.app.pause(ctx, "letting it settle", o.opts.settle); err != nil {
		return err
	}
	return look.Again(ctx)
}

// soleClass names the findings if all are of one class.
func soleClass(found []hub.Finding) string {
	for _, f := range found {
		if f.Class != found[0].Class {
			return ""
		}
	}
	return classCount(found[0].Class, len(found))
}

// pause waits, and shows for how long still.
func (app *App) pause(ctx context.Context, label string, d time.Duration) error {
	steps := int((d + time.Second - 1) / time.Second)
	progress := app.Term.Start(label, steps)
	defer progress.Done()
	second := time.NewTicker(d / time.Duration(steps))
	defer second.Stop()
	for range steps {
		select {
		case <-second.C:
			progress.Step(1)
		case <-ctx.Done():
			return stopped(ctx)
		}
	}
	return nil
}

// findings are those that were asked for.
func (o *observer) findings(look *hub.Look) []hub.Finding {
	return slices.DeleteFunc(look.Findings(), func(f hub.Finding) bool { return !o.opts.wants(f, look.At) })
}

// classCount says how many findings of a class there are: "3 ghosts".
func classCount(class hub.Class, n int) string {
	switch class {
	case hub.Orphan, hub.Ghost, hub.StaleRoute:
		return count(n, string(class))
	default:
		return fmt.Sprintf("%d %s", n, class)
	}
}
