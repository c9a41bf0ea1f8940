package cmd

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/binderctl/binderctl/pkg/binderhub"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/hub/checkup"
	"github.com/binderctl/binderctl/pkg/nodes"
	"github.com/binderctl/binderctl/pkg/pods"
)

// situation is a look at everything. What several checks need is read once, when
// the first of them asks; where they make different things of the same list, they
// read it together.
type situation struct {
	client *cluster.Client
	shared *cluster.Client // for the lists of which readers says by how many each is read
	opts   statusOptions
	done   context.CancelFunc
	counts countsKept

	hub   func() (*checkup.Evidence, error)
	nodes func() (nodesSeen, error)
	users func() (podsSeen, error)
}

// nodesSeen are the nodes, and what speaks against them.
type nodesSeen struct {
	listing nodes.Listing
	found   nodes.Findings
}

// podsSeen are users' pods and builds.
type podsSeen struct {
	at   time.Time
	pods []pods.Pod
}

// then is when they were seen.
func (s *podsSeen) then() time.Time { return s.at }

// readers are who read a list together: of the pods the users' check, the nodes', that
// of crashloops and, before the Hub is asked, the one that compares both; of nodes and
// warnings the second and the third. (After the Hub was asked the pods are read once
// more, by the last alone.)
func readers() cluster.Readers { return cluster.Readers{Pods: 4, Nodes: 2, Warnings: 2} }

// statusLogSince is how much of the Hub's log is read: enough for what goes on to
// show, and read in a moment also of a busy Hub.
const statusLogSince = 30 * time.Minute

// forJudging is the part of a check's time that is left for judging what could
// be read until then, one in so many.
const forJudging = 10

// situationOf prepares a look. done, to be called at the end, ends what still
// goes on.
func (app *App) situationOf(ctx context.Context, client *cluster.Client, opts statusOptions) (*situation, error) {
	options, err := opts.hub.options(app)
	if err != nil {
		return nil, err
	}
	patience := opts.limit - opts.limit/forJudging
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("%w within %s", cluster.ErrSilent, patience))
	shared := client.Shared(ctx, readers())
	return &situation{
		client: client, shared: shared, opts: opts, done: cancel, counts: app.countsKept(client.Where, opts.binderURL.String()),
		hub: sync.OnceValues(func() (*checkup.Evidence, error) {
			return examineHubFor(ctx, client, checkup.Options{Hub: options, Since: statusLogSince, Patience: patience, Pods: readAhead(ctx, shared)})
		}),
		nodes: sync.OnceValues(func() (nodesSeen, error) { return lookAtNodes(ctx, shared, int(opts.maxNodes)) }),
		users: sync.OnceValues(func() (podsSeen, error) { return lookAtUsers(ctx, shared) }),
	}, nil
}

// readAhead begins to read the pods that are compared with the Hub's servers, together
// with the others and so before the Hub is found, and returns who waits for them.
func readAhead(ctx context.Context, shared *cluster.Client) func(context.Context) (hub.Sighting, error) {
	var seen hub.Sighting
	var err error
	read := make(chan struct{})
	go func() {
		defer close(read)
		seen, err = hub.ReadUserPods(ctx, shared)
	}()
	return func(ctx context.Context) (hub.Sighting, error) {
		select {
		case <-read:
			return seen, err
		case <-ctx.Done():
			return hub.Sighting{}, context.Cause(ctx)
		}
	}
}

// examineHubFor examines the Hub, as hub status does. What was seen when the time is
// up is evidence all the same.
func examineHubFor(ctx context.Context, client *cluster.Client, options checkup.Options) (*checkup.Evidence, error) {
	evidence, err := checkup.Look(ctx, client, options)
	if err != nil && evidence.Blank() {
		return nil, context.Cause(ctx)
	}
	return evidence, nil
}

func lookAtNodes(ctx context.Context, client *cluster.Client, maxNodes int) (seen nodesSeen, err error) {
	seen.listing, seen.found, err = nodes.Survey(ctx, client, maxNodes)
	return seen, err
}

func lookAtUsers(ctx context.Context, client *cluster.Client) (seen podsSeen, err error) {
	_, err = pods.List(ctx, client, client.Where.Namespace, pods.Filter{},
		func() { seen.pods = []pods.Pod{} },
		func(p pods.Pod) {
			if p.Kind == cluster.User || p.Kind == cluster.Build {
				seen.pods = append(seen.pods, p)
			}
		})
	seen.at = client.ServerNow()
	slices.SortFunc(seen.pods, pods.ByAge.Compare)
	return seen, err
}

// checks are all there are, in the order of what hurts most.
func (s *situation) checks() []statusCheck {
	return []statusCheck{
		{"incident", s.checkIncident},
		{"hub", s.checkHub},
		{"launches", s.checkLaunches},
		{"capacity", s.checkCapacity},
		{"nodes", s.checkNodes},
		{"crashloops", s.checkCrashloops},
		{"orphans", s.checkOrphans},
		{"pods", s.checkPods},
		{"repos", s.checkRepos},
	}
}

func (s *situation) checkHub(context.Context) (statusLine, func(*statusSight)) {
	evidence, err := s.hub()
	if err != nil {
		return unknownLine(err), nil
	}
	report := checkup.Judge(evidence)
	return judgeHub(evidence, report, s.opts.hub.given()), func(all *statusSight) { all.Hub, all.evidence = &report, evidence }
}

func (s *situation) checkOrphans(context.Context) (statusLine, func(*statusSight)) {
	evidence, err := s.hub()
	if err != nil {
		return unknownLine(err), nil
	}
	return judgeOrphans(evidence, s.opts.hub.given()), func(all *statusSight) {
		if evidence.Drift.Seen {
			all.Orphans = &evidence.Drift
		}
	}
}

// checkLaunches asks BinderHub, and the Hub what came of the latest pods. Either
// alone tells something.
func (s *situation) checkLaunches(ctx context.Context) (statusLine, func(*statusSight)) {
	seen := launchesSeen{}
	seen.State, seen.unasked = binderhub.Look(ctx, s.client, string(s.opts.binderURL.hubURLFlag))
	now := s.client.ServerNow()
	if c := seen.Counts; c != nil {
		seen.Recent = s.counts.compare(countedLook{now.Truncate(time.Second), *c})
	}
	evidence, err := s.hub()
	if err == nil {
		seen.RecentPods, seen.stuck = evidence.Lately, stuckByLog(evidence)
	}
	if seen.unasked != nil && seen.RecentPods == nil {
		return unknownLine(seen.unasked), nil
	}
	return judgeLaunches(seen, now), func(all *statusSight) { all.Launches = &seen }
}

// stuckByLog is what the Hub's log says if no server starts, else "".
func stuckByLog(e *checkup.Evidence) string {
	if e.Log == nil {
		return ""
	}
	for _, check := range checkup.Judge(e).Checks {
		if check.Name == checkup.ByLaunches && check.Verdict == checkup.Stuck {
			return check.Says
		}
	}
	return ""
}

func (s *situation) checkCapacity(context.Context) (statusLine, func(*statusSight)) {
	seen, err := s.nodes()
	if err != nil {
		return unknownLine(err), nil
	}
	return judgeCapacity(&seen.listing), func(all *statusSight) {
		if seen.listing.PodsKnown() {
			all.Capacity = &capacitySeen{seen.listing.Headroom, seen.listing.Forecast}
		}
		all.listing = &seen.listing
	}
}

func (s *situation) checkNodes(context.Context) (statusLine, func(*statusSight)) {
	seen, err := s.nodes()
	if err != nil {
		return unknownLine(err), nil
	}
	return judgeNodes(&seen.found), func(all *statusSight) { all.Suspects = suspectsSeen(&seen.found) }
}

func (s *situation) checkCrashloops(ctx context.Context) (statusLine, func(*statusSight)) {
	diagnosis, err := pods.Crashloops(ctx, s.shared, "", pods.CrashloopOptions{Since: defaultFailedSince})
	if err != nil {
		return unknownLine(err), nil
	}
	return judgeCrashloops(diagnosis), func(all *statusSight) {
		all.Crashloops = &crashloopsSeen{len(diagnosis.Findings), len(diagnosis.Bursts), diagnosis.Sick, diagnosis.Common}
	}
}

func (s *situation) checkPods(context.Context) (statusLine, func(*statusSight)) {
	seen, err := s.users()
	if err != nil {
		return unknownLine(err), nil
	}
	counted := countUsers(seen)
	return judgePods(counted, seen), func(all *statusSight) { all.Pods, all.users = &counted, seen }
}

func (s *situation) checkRepos(context.Context) (statusLine, func(*statusSight)) {
	seen, err := s.users()
	if err != nil {
		return unknownLine(err), nil
	}
	repos := countRepos(seen)
	return judgeRepos(repos), func(all *statusSight) { all.Repos = repos }
}
