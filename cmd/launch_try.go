package cmd

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/launchtest"
)

const launchTestLong = `Launch a repository as a user would, stage by stage, down to a kernel that
computes, and say how long each stage took or which one broke, and why.

REPO is whatever one would paste: OWNER/NAME on GitHub, the address of a
repository or a record (GitHub, GitLab, gists, any git, Zenodo, Figshare,
Dataverse, Hydroshare, CKAN), what BinderHub itself calls it (gh/OWNER/NAME/REF),
or a link such as https://mybinder.org/v2/gh/OWNER/NAME/REF.

The launch is a real one. Its server is always stopped again, also on Ctrl-C and
when it takes too long; if that fails it is said. Where the cluster can be read,
what it tells of the launch's pod is shown with a failure.

A launch that is refused because of a quota or of too many launches from here is
told apart from one that failed, and no more are made after it.

The exit code is 0 if all launches were well, 3 if one was not, and 1 if it could
not be tried.`

const launchTestExample = `  # Is it working?
  binderctl launch test binder-examples/requirements

  # Each member of the federation, by itself
  binderctl launch test binder-examples/requirements --member all

  # Do builds work too? See the whole log
  binderctl launch test binder-examples/requirements --fresh --log

  # How does it bear twenty users at once?
  binderctl launch test https://github.com/binder-examples/r --count 20 --concurrency 10`

type launchTestOptions struct {
	where       binderFlags
	ref         string
	fresh       bool
	count       int
	concurrency int
	timeout     time.Duration
	limits      limitsFlag
	trust       namesFlag
	log         bool
	output      ui.Format
}

func newLaunchTest(app *App) *cobra.Command {
	var opts launchTestOptions
	cmd := &cobra.Command{
		Use:     "test REPO [flags]",
		Short:   "Make test launches, stage by stage, to a kernel that computes",
		Long:    launchTestLong,
		Example: launchTestExample,
		Args:    oneRepo,
		RunE: func(cmd *cobra.Command, args []string) error {
			return launchTest(cmd.Context(), app, opts, args[0])
		},
	}
	flags := cmd.Flags()
	opts.where.add(cmd)
	flags.StringVar(&opts.ref, "ref", "", "branch, tag or commit `REF` (default: what REPO says, else the newest commit)")
	flags.BoolVar(&opts.fresh, "fresh", false, "have the image built anew, by a spelling of the name that was not used before")
	flags.IntVar(&opts.count, "count", 1, "make `N` launches, from each member")
	flags.IntVarP(&opts.concurrency, "concurrency", "c", 1, "so many of them at once (with --member all, at least one a member)")
	flags.DurationVar(&opts.timeout, "timeout", launchtest.DefaultTimeout, "how long a launch may take; 0 is for ever")
	flags.Var(&opts.limits, "stage-timeout", "how long a stage may take, such as image-pull=2m; repeatedly; 0 is for ever")
	flags.Var(&opts.trust, "trust-host", "`HOST` that a server's token may be sent to besides the BinderHub's own site; repeatedly")
	flags.BoolVar(&opts.log, "log", false, "show all that BinderHub tells, on stderr")
	outputFlag(cmd, &opts.output)
	completeWith(cmd, "stage-timeout", limitCompletions())
	setNeeds(cmd,
		need{Resource: "pods", Verbs: []string{"list", "watch"}, Why: "to find the BinderHub, and what became of a launch's pod; not needed without a cluster"},
		need{Resource: "pods/portforward", Verbs: []string{"create", "get"}, Why: "to reach a BinderHub that has no Ingress; not needed with --binder-url"},
		need{Resource: "services", Names: []string{"proxy-public"}, Verbs: []string{"get"}, Why: "to know the address of users' servers"},
		need{Resource: "events", Verbs: []string{"list"}, Why: "for what was reported of a launch's pod"},
		need{Group: "networking.k8s.io", Resource: "ingresses", Verbs: []string{"list"}, Why: "to find the BinderHub; not needed with --binder-url"},
		need{Resource: "nodes", Verbs: []string{"list"}, Why: "to tell whether the pod's node is suspect", Cluster: true},
		need{Resource: "pods", Verbs: []string{"list", "watch"}, Why: "likewise", Cluster: true},
		need{Resource: "events", Verbs: []string{"list"}, Why: "likewise", Cluster: true},
	)
	return cmd
}

// oneRepo wants one argument, and says what it may be.
func oneRepo(cmd *cobra.Command, args []string) error {
	switch len(args) {
	case 1:
		return nil
	case 0:
		return fmt.Errorf("%s wants a repository, such as binder-examples/requirements", cmd.CommandPath())
	default:
		return fmt.Errorf("%s takes one repository: %q is too much", cmd.CommandPath(), args[1])
	}
}

func (o *launchTestOptions) check() error {
	switch {
	case o.count < 1:
		return usagef("--count %d: want 1 or more", o.count)
	case o.concurrency < 1:
		return usagef("--concurrency %d: want 1 or more", o.concurrency)
	case o.timeout < 0:
		return usagef("--timeout %s: want a positive duration, or 0 for ever", o.timeout)
	}
	if o.output == ui.Name {
		return usageError{fmt.Errorf("%w: launches have no names", ui.ErrFormat)}
	}
	return nil
}

func launchTest(ctx context.Context, app *App, opts launchTestOptions, text string) error {
	if err := opts.check(); err != nil {
		return err
	}
	repo, err := launchtest.ParseRepo(text, opts.ref)
	if err != nil {
		return usageError{err}
	}
	binders, err := app.findBinders(ctx, &opts.where, repo.Binder)
	if err != nil {
		return err
	}
	defer binders.close()
	if err := app.checkProvider(ctx, binders, repo); err != nil {
		return err
	}
	plan, err := app.planLaunches(opts, binders, repo)
	if err != nil {
		return err
	}
	view := app.newLaunchView(plan, opts.log, app.Term.Live())
	settle := app.sayStopping(ctx)
	launches, skipped := launchtest.Many(ctx, plan.all, plan.atOnce, view.finished)
	settle()
	view.close()
	return app.reportLaunches(ctx, binders, launchesDoc{At: app.Now().UTC().Truncate(time.Second), Launches: launches, Skipped: skipped}, opts)
}

// sayStopping says, when ctx ends, that launches are being ended. What it returns
// is called when they are: after that it says nothing any more.
func (app *App) sayStopping(ctx context.Context) (settle func()) {
	said := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(said)
		app.sayEnding()
	})
	return func() {
		if !stop() {
			<-said
		}
	}
}

// sayEnding says that launches are being ended, and how long that may take: a
// server that comes up is waited for, as nothing but its own token can stop it.
func (app *App) sayEnding() {
	app.Term.Say("stopping, and ending the servers that were begun: within %s, mostly; again to kill", launchtest.DefaultGrace)
}

// launchPlan is all the launches of a call.
type launchPlan struct {
	all    []launchtest.Options
	atOnce int
}

// planLaunches spreads the launches over the members, one after the other.
func (app *App) planLaunches(opts launchTestOptions, binders *binders, repo launchtest.Repo) (*launchPlan, error) {
	plan := &launchPlan{atOnce: max(opts.concurrency, len(binders.members))}
	fresh := launchtest.NewFresh(rand.Uint64)
	for range opts.count {
		for _, member := range binders.members {
			asked := repo
			if opts.fresh {
				var err error
				if asked, err = fresh.Spell(repo); err != nil {
					return nil, usageError{fmt.Errorf("--fresh: %w", err)}
				}
			}
			launch := binders.options(app)
			launch.Binder, launch.Member, launch.Repo = member.URL, member.Name, asked
			launch.Timeout, launch.Limits = opts.timeout, opts.limits
			launch.TrustHosts = append(launch.TrustHosts, opts.trust...)
			plan.all = append(plan.all, launch)
		}
	}
	return plan, nil
}

// checkProvider refuses what the BinderHub does not launch from, if it says so,
// before it is asked to.
func (app *App) checkProvider(ctx context.Context, binders *binders, repo launchtest.Repo) error {
	asked := binders.options(app)
	asked.Binder = binders.members[0].URL
	known, err := launchtest.Providers(ctx, asked)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil || len(known) == 0 {
		return nil //nolint:nilerr // older ones do not say; the launch will tell
	}
	if slices.Contains(known, repo.Provider) {
		return nil
	}
	return usageError{fmt.Errorf("%s does not launch from %s, only from %s", asked.Binder, repo.Provider, someOf(known))}
}

// binderTransport is how BinderHubs are reached. A few connections are kept for the
// next question: to keep one for each of 200 launches took 12 MB, and made no clock
// better (measured).
func binderTransport() *http.Transport {
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second, TLSHandshakeTimeout: 30 * time.Second,
		DisableCompression: true,
	}
}
