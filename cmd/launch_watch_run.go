package cmd

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/launchtest/watch"
)

const (
	// alertsEnd is how long alerts may take to arrive once the watch has ended.
	alertsEnd = 5 * time.Second
	// launchSlack is how much longer than its own limit a launch may take until it
	// is stuck: it ends a server, and may ask for what became of it.
	launchSlack = launchtest.DefaultGrace + 3*time.Minute
)

// watchPlan is what is watched, and how each of it is launched.
type watchPlan struct {
	targets []watch.Target
	options map[watch.Target]launchtest.Options

	mu    sync.Mutex // for what spells
	fresh map[watch.Target]*launchtest.Fresh
}

// planWatch makes a target of each repository on each BinderHub. A repository that
// was given as a link is watched on the others too.
func (app *App) planWatch(opts *launchWatchOptions, b *binders, repos []watchedRepo) (*watchPlan, error) {
	plan := &watchPlan{options: map[watch.Target]launchtest.Options{}, fresh: map[watch.Target]*launchtest.Fresh{}}
	for _, repo := range repos {
		if repo.fresh {
			if _, err := launchtest.NewFresh(rand.Uint64).Spell(repo.Repo); err != nil {
				return nil, usageError{fmt.Errorf("--fresh %s: %w", repo.Repo, err)}
			}
		}
		for _, member := range b.members {
			target := watch.Target{Member: member.Name, Binder: member.URL, Repo: repo.String(), Fresh: repo.fresh, Every: opts.every.age}
			if repo.fresh {
				target.Every = opts.freshEvery.age
			}
			if _, twice := plan.options[target]; twice { // by its name and by a link
				continue
			}
			if repo.fresh {
				plan.fresh[target] = launchtest.NewFresh(rand.Uint64)
			}
			launch := b.options(app)
			launch.Member, launch.Binder, launch.Repo = member.Name, member.URL, repo.Repo
			launch.Timeout, launch.Limits = opts.timeout, opts.limits
			launch.TrustHosts = append(launch.TrustHosts, opts.trust...)
			plan.options[target] = launch
			plan.targets = append(plan.targets, target)
		}
	}
	return plan, nil
}

// launch launches a target once.
func (p *watchPlan) launch(ctx context.Context, target watch.Target) launchtest.Launch {
	return launchtest.Run(ctx, p.spell(target))
}

// spell has the image of a fresh target built anew. When all spellings of a name
// are used up it begins again: the oldest images have been cleaned away by then.
func (p *watchPlan) spell(target watch.Target) launchtest.Options {
	launch := p.options[target]
	if !target.Fresh {
		return launch
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	repo, err := p.fresh[target].Spell(launch.Repo)
	if err != nil {
		p.fresh[target] = launchtest.NewFresh(rand.Uint64)
		repo, err = p.fresh[target].Spell(launch.Repo)
	}
	if err == nil {
		launch.Repo = repo
	}
	return launch
}

// runWatch watches until ctx ends.
func (app *App) runWatch(ctx context.Context, opts *launchWatchOptions, plan *watchPlan) error {
	feed, err := ui.NewFeed(app.Term, ui.JSON, ui.Document[watch.Report]{})
	if err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	metrics := watch.NewMetrics(registry)
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	alerts := app.newAlerts(ctx, opts, metrics)
	defer alerts.close()
	watcher := watch.New(watch.Config{
		Targets: plan.targets, Rule: opts.rule(), AtOnce: opts.concurrency,
		Pace:   watch.Pace{Jitter: opts.jitter, MostBackoff: opts.backoffMost.age},
		Launch: plan.launch, LaunchLimit: opts.timeout + launchSlack,
		Seen:  func(r watch.Report) error { return app.seeLaunch(feed, r) },
		Alert: alerts.take, Metrics: metrics, Now: app.Now, Random: rand.Float64,
	})
	stop, err := app.serveWatch(ctx, opts.listen, watcher, registry)
	if err != nil {
		return err
	}
	defer stop()
	app.Term.Say("watching %s: %s", count(len(plan.targets), "target"), watchWords(opts))
	settle := app.sayStopping(ctx)
	err = watcher.Run(ctx)
	settle()
	if err != nil {
		return err
	}
	app.Term.Say("stopped")
	return nil
}

func watchWords(opts *launchWatchOptions) string {
	words := "every " + opts.every.String()
	if len(opts.fresh) > 0 {
		words += ", built anew every " + opts.freshEvery.String()
	}
	return words
}

// seeLaunch prints a launch and warns of what may still run.
func (app *App) seeLaunch(feed *ui.Feed[watch.Report], r watch.Report) error {
	if r.Launch.Cleanup != "" {
		app.Term.Warn("%s: its server %s", r.Target, r.Launch.Cleanup)
	}
	return feed.Show([]watch.Report{r})
}

// alerts are where alerts go.
type alerts struct {
	app      *App
	couriers []*watch.Courier
	work     sync.WaitGroup
	cancel   context.CancelFunc
}

// newAlerts starts what brings alerts to the webhook and the command. It outlives
// ctx, and ends with close.
func (app *App) newAlerts(ctx context.Context, opts *launchWatchOptions, metrics *watch.Metrics) *alerts {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a := &alerts{app: app, cancel: cancel}
	var sinks []watch.Sink
	if opts.webhook != "" {
		sinks = append(sinks, watch.NewWebhook(string(opts.webhook), "binderctl/"+version(), binderTransport()))
	}
	if opts.onFail != "" {
		sinks = append(sinks, watch.NewCommand(opts.onFail, opts.onFailLimit, watchWebhookVar, hubTokenVariable))
	}
	for _, sink := range sinks {
		courier := watch.NewCourier(sink, func(sink string, err error) {
			metrics.Alerted(sink, err)
			if err != nil {
				app.Term.Warn("an alert did not arrive: %s", err)
			}
		})
		a.couriers = append(a.couriers, courier)
		a.work.Go(func() { courier.Run(ctx) })
	}
	return a
}

// take tells an alert to the operator and passes it on.
func (a *alerts) take(alert watch.Alert) {
	if alert.Event == watch.Recovered || alert.Event == watch.Admitted {
		a.app.Term.Say("%s", alert.Text)
	} else {
		a.app.Term.Warn("%s", alert.Text)
	}
	for _, courier := range a.couriers {
		courier.Take(alert)
	}
}

// close waits for the last alerts, for a while.
func (a *alerts) close() {
	for _, courier := range a.couriers {
		courier.Close()
	}
	timer := time.AfterFunc(alertsEnd, a.cancel)
	defer timer.Stop()
	a.work.Wait()
	a.cancel()
}

// serveWatch serves metrics and health, and returns what stops it.
func (app *App) serveWatch(ctx context.Context, address string, watcher *watch.Watcher, registry *prometheus.Registry) (stop func(), err error) {
	if address == "off" {
		return func() {}, nil
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, hintError{fmt.Errorf("serve metrics: %w", err), "choose another address with --listen HOST:PORT, or --listen off"}
	}
	server := watchServer(watcher, registry)
	go func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			app.Term.Warn("metrics are not served any more: %s", err)
		}
	}()
	app.Term.Say("metrics at http://%s/metrics, health at /healthz", listener.Addr())
	return func() { _ = server.Close() }, nil
}
