package cmd

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/launchtest/watch"
)

const launchWatchLong = `Make test launches for ever, as 'launch test' makes one: of each REPO from each
member, every so often, and alert when they fail.

Each launch is one line of JSON on stdout. Prometheus reads --listen at /metrics,
and /healthz there says whether the watcher itself works, however the service is.

A target is one repository on one BinderHub. It fails when so many of its last
launches did (--fail-after), and is well again after so many in a row that were
well (--recover-after). Both are told to --alert-webhook and to --on-fail, and
what goes on is told again (--remind). Those of --fresh are built anew each time,
which leaves an image in the registry: hence their interval is longer.

A service that refuses launches, because of a quota or of too many from here, is
left alone: for the interval, then for twice that, up to --backoff-max, and then
one launch asks for all. That state is called refused, and is not failing.

--alert-webhook is posted a JSON object whose field "text" Slack and Mattermost
show. Its address is a secret; it is better given as BINDERCTL_ALERT_WEBHOOK.
--on-fail is a line of shell, run for each alert and each all-clear with
BINDERCTL_ALERT_EVENT (failing, recovered, refused, admitted), _REMINDER, _TEXT,
_SINCE, _MEMBER, _BINDER, _REPO, _FRESH, _RESULT, _SECONDS, _STAGE, _CAUSE, _SAYS
and _NEXT in its environment, and the JSON on its standard input.

No cluster is needed, and none is asked. Ctrl-C begins no new launch, ends those
under way with their servers, and exits 0. What runs this in a cluster, with alert
rules and a dashboard, is in deploy/launch-watch.`

const launchWatchExample = `  # Two repositories on one BinderHub, every five minutes
  binderctl launch watch binder-examples/requirements binder-examples/r \
    --binder-url https://binder.example.org

  # Each member of mybinder.org, and once an hour a build; tell a Slack channel
  BINDERCTL_ALERT_WEBHOOK=https://hooks.example.org/… \
  binderctl launch watch binder-examples/requirements --member all \
    --fresh binder-examples/conda --binder-url https://mybinder.org

  # Wake somebody after three failures in five launches
  binderctl launch watch binder-examples/requirements --fail-after 3/5 \
    --binder-url https://binder.example.org --on-fail 'page "$BINDERCTL_ALERT_TEXT"'`

type launchWatchOptions struct {
	where       binderFlags
	fresh       textsFlag
	every       ageFlag
	freshEvery  ageFlag
	jitter      float64
	concurrency int
	timeout     time.Duration
	limits      limitsFlag
	trust       namesFlag
	listen      string
	failAfter   ofFlag
	recover     int
	remind      ageFlag
	backoffMost ageFlag
	webhook     secretURLFlag
	onFail      string
	onFailLimit time.Duration
}

// The defaults of a watch. A launch takes half a minute, and BinderHub's own
// limit, where there is one, is counted in the hour.
const (
	watchInterval   = 5 * time.Minute
	watchFresh      = time.Hour
	watchJitter     = 0.2
	watchAtOnce     = 4
	watchRecover    = 2
	watchRemind     = time.Hour
	watchBackoff    = time.Hour // after which BinderHub's limit (3600 s) begins anew
	watchListen     = "127.0.0.1:9400"
	watchOnFail     = time.Minute
	shortestWatch   = 10 * time.Second
	watchWebhookVar = "BINDERCTL_ALERT_WEBHOOK"
)

func newLaunchWatch(app *App) *cobra.Command {
	opts := launchWatchOptions{
		every: ageFlag{watchInterval, true}, freshEvery: ageFlag{watchFresh, true}, failAfter: ofFlag{3, 5},
		remind: ageFlag{watchRemind, true}, backoffMost: ageFlag{watchBackoff, true},
	}
	cmd := &cobra.Command{
		Use:     "watch [REPO…] [flags]",
		Short:   "Make test launches for ever: metrics, alerts",
		Long:    launchWatchLong,
		Example: launchWatchExample,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return launchWatch(cmd.Context(), app, &opts, args)
		},
	}
	flags := cmd.Flags()
	opts.where.add(cmd)
	flags.Lookup("binder-url").Usage = "`URL` of the BinderHub (default: the configured one, else the one of the first link)"
	flags.Var(&opts.fresh, "fresh", "`REPO` to watch that is built anew each time; repeatedly")
	flags.Var(&opts.every, "interval", "from one launch of a target to the next, an `AGE`")
	flags.Var(&opts.freshEvery, "fresh-interval", "likewise for those of --fresh, an `AGE`")
	flags.Float64Var(&opts.jitter, "jitter", watchJitter, "by which `SHARE` an interval is longer or shorter at random, from 0 to 0.5")
	flags.IntVarP(&opts.concurrency, "concurrency", "c", watchAtOnce, "so many launches at once, of one target never more than one")
	flags.DurationVar(&opts.timeout, "timeout", launchtest.DefaultTimeout, "how long a launch may take")
	flags.Var(&opts.limits, "stage-timeout", "how long a stage may take, such as image-pull=2m; repeatedly; 0 is for ever")
	flags.Var(&opts.trust, "trust-host", "`HOST` that a server's token may be sent to besides the BinderHub's own site; repeatedly")
	flags.StringVar(&opts.listen, "listen", watchListen, "`ADDRESS` for /metrics and /healthz; off is none")
	flags.Var(&opts.failAfter, "fail-after", "alert when so many of the last so many launches failed, `K/N`")
	flags.IntVar(&opts.recover, "recover-after", watchRecover, "give the all-clear after `N` launches in a row that were well")
	flags.Var(&opts.remind, "remind", "alert again after this `AGE` of what goes on; 0s is never")
	flags.Var(&opts.backoffMost, "backoff-max", "leave a service that refuses launches alone for this `AGE` at most")
	flags.Var(&opts.webhook, "alert-webhook", "`URL` to post alerts to (default $"+watchWebhookVar+")")
	flags.StringVar(&opts.onFail, "on-fail", "", "`COMMAND` to run for each alert and all-clear")
	flags.DurationVar(&opts.onFailLimit, "on-fail-timeout", watchOnFail, "how long that may take before it is killed")
	completeWith(cmd, "stage-timeout", limitCompletions())
	return cmd
}

// check looks at what the flags' own types do not.
func (o *launchWatchOptions) check() error {
	switch {
	case o.every.age < shortestWatch:
		return usagef("--interval %s: want %s or more, or the test launches become the load", o.every.age, shortestWatch)
	case o.freshEvery.age < shortestWatch:
		return usagef("--fresh-interval %s: want %s or more, or the test builds become the load", o.freshEvery.age, shortestWatch)
	case !(o.jitter >= 0 && o.jitter <= 0.5): // also what is no number
		return usagef("--jitter %g: want a share from 0 to 0.5", o.jitter)
	case o.concurrency < 1:
		return usagef("--concurrency %d: want 1 or more", o.concurrency)
	case o.timeout <= 0:
		return usagef("--timeout %s: want a positive duration: a watch waits for no launch for ever", o.timeout)
	case o.recover < 1:
		return usagef("--recover-after %d: want 1 or more", o.recover)
	case o.onFailLimit <= 0:
		return usagef("--on-fail-timeout %s: want a positive duration", o.onFailLimit)
	}
	return nil
}

// rule says when a target fails.
func (o *launchWatchOptions) rule() watch.Rule {
	return watch.Rule{Fail: o.failAfter.k, Of: o.failAfter.n, Recover: o.recover, Remind: o.remind.age}
}

func launchWatch(ctx context.Context, app *App, opts *launchWatchOptions, args []string) error {
	if err := opts.check(); err != nil {
		return err
	}
	if opts.webhook == "" {
		opts.webhook = secretURLFlag(app.Getenv(watchWebhookVar))
	}
	if opts.webhook != "" {
		if err := opts.webhook.check(); err != nil {
			return usageError{fmt.Errorf("--alert-webhook: %w", err)}
		}
	}
	repos, err := opts.repos(args)
	if err != nil {
		return err
	}
	binders, err := app.watchedBinders(ctx, opts, repos)
	if err != nil {
		return err
	}
	defer binders.close()
	plan, err := app.planWatch(opts, binders, repos)
	if err != nil {
		return err
	}
	return app.runWatch(ctx, opts, plan)
}

// watchedRepo is a repository that is watched.
type watchedRepo struct {
	launchtest.Repo
	fresh bool
}

// repos reads the repositories that are to be watched.
func (o *launchWatchOptions) repos(args []string) ([]watchedRepo, error) {
	var repos []watchedRepo
	seen := map[string]bool{}
	take := func(text string, fresh bool) error {
		repo, err := launchtest.ParseRepo(text, "")
		if err != nil {
			return usageError{err}
		}
		if key := fmt.Sprint(repo.Binder, " ", repo, " ", fresh); !seen[key] {
			seen[key] = true
			repos = append(repos, watchedRepo{repo, fresh})
		}
		return nil
	}
	for _, text := range args {
		if err := take(text, false); err != nil {
			return nil, err
		}
	}
	for _, text := range o.fresh {
		if err := take(text, true); err != nil {
			return nil, err
		}
	}
	if len(repos) == 0 {
		return nil, usagef("launch watch wants a repository, such as binder-examples/requirements")
	}
	return repos, nil
}

// watchedBinders finds the BinderHubs to launch from. It must be said which: what
// launches for ever is not to come upon one by accident.
func (app *App) watchedBinders(ctx context.Context, opts *launchWatchOptions, repos []watchedRepo) (*binders, error) {
	if err := opts.where.url.check(); err != nil {
		return nil, err
	}
	address := string(opts.where.url.hubURLFlag)
	for _, repo := range repos {
		if address == "" {
			address = repo.Binder
		}
	}
	if address == "" && len(opts.where.members) == 0 {
		return nil, usagef("launch watch wants --binder-url URL, such as %s", publicBinder)
	}
	if address == "" && len(opts.where.member) == 0 {
		opts.where.member = namesFlag{everyMember}
	}
	b := &binders{usual: binderTransport()}
	if len(opts.where.member) == 0 {
		parsed, err := url.Parse(address)
		if err != nil {
			return nil, usageError{err}
		}
		b.members = []launchtest.Member{{Name: parsed.Host, URL: address}}
		return b, nil
	}
	members, err := opts.where.chosen(app.knownMembers(ctx, b, &opts.where, address))
	if err != nil {
		return nil, usageError{fmt.Errorf("--member of %s: %w", address, err)}
	}
	b.members = members
	return b, nil
}
