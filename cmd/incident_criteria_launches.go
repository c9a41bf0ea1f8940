package cmd

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/incident"
	"github.com/binderctl/binderctl/pkg/launchtest"
)

// launchCheckFlags say which launches a check makes.
type launchCheckFlags struct {
	none    bool
	cached  int
	fresh   int
	repo    wordFlag
	timeout time.Duration
	url     binderURLFlag

	parsed launchtest.Repo
}

// How many launches a check makes, and for how long: twice from an image that is there, because one
// may have had luck, and once from one that is built anew, which takes minutes
// and leaves an image in the registry. BinderHub itself gives a launch up after 10
// minutes (its default).
const (
	checkedCached = 2
	checkedFresh  = 1
	checkedWithin = 10 * time.Minute
)

func (f *launchCheckFlags) add(cmd *cobra.Command) {
	f.repo = tryRepo
	flags := cmd.Flags()
	flags.IntVar(&f.cached, "launches", checkedCached, "how many launches have to pass, `N`, from an image that is there")
	flags.IntVar(&f.fresh, "fresh-launches", checkedFresh, "and `N` from an image that is built anew")
	flags.Var(&f.repo, "launch-repo", "what is launched, a `REPO` as of 'launch test'")
	flags.DurationVar(&f.timeout, "launch-timeout", checkedWithin, "how long all launches may take together")
	flags.BoolVar(&f.none, "no-launches", false, "launch nothing; the answer says that launches were not checked")
	flags.Var(&f.url, "binder-url", "`URL` of the BinderHub (default: the one of the namespace)")
}

// check looks at what the flags' own types do not.
func (f *launchCheckFlags) check() (err error) {
	switch {
	case f.cached < 0:
		return usagef("--launches %d: want 0 or more", f.cached)
	case f.fresh < 0:
		return usagef("--fresh-launches %d: want 0 or more", f.fresh)
	case f.cached+f.fresh == 0 && !f.none:
		return usagef("no launch at all is --no-launches, so that it is said")
	case f.timeout <= 0:
		return usagef("--launch-timeout %s: want a positive duration", f.timeout)
	}
	if f.parsed, err = launchtest.ParseRepo(string(f.repo), ""); err != nil {
		return usageError{fmt.Errorf("--launch-repo: %w", err)}
	}
	if f.fresh > 0 {
		if _, err := launchtest.NewFresh(rand.Uint64).Spell(f.parsed); err != nil {
			return usageError{fmt.Errorf("--launch-repo: %w; without it: --fresh-launches 0", err)}
		}
	}
	return f.url.check()
}

// notLaunched is why a check without launches says nothing of them.
const notLaunched = "not checked: --no-launches"

// launches launches as users do, down to a kernel that computes. A build and the
// other launches go on side by side, so that at most two are under way: a service
// that has just recovered is not put to another test.
func (x *examiner) launches(ctx context.Context) incident.Evidence {
	b, err := x.binder(ctx)
	if err != nil {
		return unseenLaunches(err)
	}
	defer b.close()
	plan, err := x.planLaunches(b)
	if err != nil {
		return unseenLaunches(err)
	}
	x.app.Term.Say("test launches of %s from the BinderHub %s: %s; at most %s", x.opts.launch.parsed, b.said(), x.opts.launch.said(), ui.Age(x.opts.launch.timeout))
	view := x.app.newLaunchView(plan, false, noteLine{x.app.Term.Live(), x.progress})
	defer context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			x.app.sayEnding()
		}
	})()
	launches, skipped := launchtest.Many(ctx, plan.all, plan.atOnce, view.finished)
	view.close()
	x.app.warnLeft(launches)
	return x.app.launchesEvidence(launches, skipped, x.opts.launch.fresh)
}

// binder is the BinderHub that is named, or that of the namespace: never another
// one, which would say nothing of this place.
func (x *examiner) binder(ctx context.Context) (*binders, error) {
	b := &binders{usual: binderTransport(), client: x.client}
	address := string(x.opts.launch.url.hubURLFlag)
	if address == "" {
		if err := b.findIn(ctx, x.client); err != nil {
			return nil, err
		}
		address = b.found.URL
	}
	b.members = []launchtest.Member{{URL: strings.TrimRight(address, "/")}}
	return b, nil
}

// said is where a BinderHub is.
func (b *binders) said() string {
	if b.own {
		return "of namespace " + b.client.Where.Namespace + ", reached by " + b.found.Via
	}
	return b.members[0].URL
}

// said are the launches in words.
func (f *launchCheckFlags) said() string {
	var words []string
	if f.cached > 0 {
		words = append(words, itoa(f.cached))
	}
	if f.fresh > 0 {
		words = append(words, itoa(f.fresh)+" built anew")
	}
	return strings.Join(words, ", and ")
}

// planLaunches has those first that are built, which take the longest.
func (x *examiner) planLaunches(b *binders) (*launchPlan, error) {
	asked := &x.opts.launch
	plan := &launchPlan{atOnce: min(2, asked.fresh+1)}
	fresh := launchtest.NewFresh(rand.Uint64)
	for i := range asked.fresh + asked.cached {
		launch := b.options(x.app)
		launch.Binder, launch.Repo = b.members[0].URL, asked.parsed
		if i < asked.fresh {
			var err error
			if launch.Repo, err = fresh.Spell(asked.parsed); err != nil {
				return nil, err
			}
		}
		plan.all = append(plan.all, launch)
	}
	return plan, nil
}

func unseenLaunches(err error) incident.Evidence {
	e := unseen(err, "incident", "check")
	if errors.Is(err, launchtest.ErrNoBinder) {
		e.Next = "name the BinderHub with --binder-url URL, or leave launches out with --no-launches"
	}
	return e
}

// launchesEvidence judges launches, of which so many that come first were to be
// built. One that the service refuses to protect itself says nothing of whether
// others pass, unless it is full: then nobody's do.
func (app *App) launchesEvidence(launches []launchtest.Launch, skipped, fresh int) incident.Evidence {
	passed, times := 0, []string{}
	e := incident.Evidence{State: incident.OK}
	for i := range launches {
		if launches[i].Failure != nil {
			e.State = worseLaunch(e.State, launches[i].Failure.Cause)
			continue
		}
		passed++
		times = append(times, launchTime(&launches[i], i < fresh))
	}
	if e.State == incident.OK && skipped > 0 || len(launches) == 0 {
		e.State = incident.Unknown
	}
	e.Says = fmt.Sprintf("%d of %d", passed, len(launches)+skipped)
	if len(times) > 0 {
		e.Says += ": " + strings.Join(times, ", ")
	}
	if e.State != incident.Unknown {
		e.Count = new(len(launches) - passed)
	}
	common := launchtest.Common(launches)
	if len(common) > 0 {
		e.Next = app.stepWords(common[0].Cause)
	}
	e.Says += brokenSaid(common)
	if skipped > 0 {
		e.Says += "; " + notMade(skipped)
	}
	return e
}

// brokenSaid says where launches broke, and on which nodes.
func brokenSaid(common []launchtest.Failures) string {
	var said strings.Builder
	for len(common) > 0 {
		f, n, on, rest := common[0], 0, []string{}, []launchtest.Failures{}
		for _, other := range common {
			if other.Stage != f.Stage || other.Cause != f.Cause {
				rest = append(rest, other)
				continue
			}
			if n += other.Launches; other.Node != "" {
				on = append(on, other.Node)
			}
		}
		if f.Cause == launchtest.ByOperator {
			fmt.Fprintf(&said, "; %d stopped at %s", n, f.Stage)
		} else {
			fmt.Fprintf(&said, "; %d broke at %s: %s", n, f.Stage, f.Cause.Words())
		}
		if len(on) > 0 {
			said.WriteString(", on " + someOf(on))
		}
		common = rest
	}
	return said.String()
}

// worseLaunch is the state of launches once one more has broken by a cause.
func worseLaunch(state incident.State, cause launchtest.Cause) incident.State {
	switch {
	case state == incident.Not, cause == launchtest.TotalQuota:
		return incident.Not
	case cause.Result() == launchtest.Refused, cause.Result() == launchtest.Stopped:
		return incident.Unknown
	default:
		return incident.Not
	}
}

// launchTime is how long a launch took, and with what.
func launchTime(l *launchtest.Launch, fresh bool) string {
	text := shortTime(usable(*l))
	switch {
	case fresh:
		text += " fresh"
	case l.Built:
		text += " built"
	}
	return text
}
