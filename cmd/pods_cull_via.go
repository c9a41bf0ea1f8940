package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/pods"
)

// via says through whom users' servers are ended.
type via string

const (
	viaAuto       via = "auto"       // the Hub those that it knows, and then make sure; straight if that cannot be
	viaHub        via = "hub"        // the Hub those that it knows, and leave it at that; others stay
	viaKubernetes via = "kubernetes" // straight; the Hub will notice
)

func (v *via) add(cmd *cobra.Command) {
	*v = viaAuto
	choiceFlag(cmd, v, "via", "WAY", []via{viaAuto, viaHub, viaKubernetes},
		"who ends users' servers: the Hub, those that it knows and no others; or Kubernetes past it; auto asks the Hub, where it can be asked, and makes sure")
}

// fits reports what --via hub cannot do: the Hub knows users' servers alone, and
// how they end is its own affair.
func (v via) fits(policy pods.Policy) error {
	switch {
	case v != viaHub:
		return nil
	case policy.Builds:
		return usagef("--via hub: the Hub knows nothing of builds")
	case policy.GracePeriod != nil:
		return usagef("--via hub: the Hub has a grace period of its own; --force and --grace-period go with --via kubernetes")
	default:
		return nil
	}
}

// route is how the pods of a plan are going to end.
type route struct {
	stops   *hubStops // nil is straight through Kubernetes, all of them
	alone   bool      // and what the Hub does not end stays
	through int       // how many the Hub is asked to stop
	given   []string  // the flags by which the Hub was found
	past    string    // why not through the Hub, which --via auto would rather have done; or ""
}

// askLimit is how long --via auto waits for the Hub to say what it knows.
const askLimit = 15 * time.Second

// routeFor finds out how the pods of a plan can end. The caller closes the route.
func (app *App) routeFor(ctx context.Context, client *cluster.Client, plan pods.Plan, opts podsCullOptions) (route, error) {
	if opts.via == viaKubernetes || plan.Policy.Builds || plan.Policy.Force() || opts.dryRun == dryRunServer {
		return route{}, nil
	}
	if opts.via == viaAuto {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, askLimit, fmt.Errorf("%w within %s", cluster.ErrSilent, askLimit))
		defer cancel()
	}
	stops, err := app.hubStops(ctx, client, opts.hub)
	switch {
	case err == nil:
	case errors.Is(err, context.Canceled), isA[usageError](err):
		return route{}, err
	case opts.via == viaAuto && errors.Is(err, hub.ErrNoHub):
		return route{}, nil // there is nobody to go past
	case opts.via == viaHub:
		return route{}, hintError{err, "past the Hub: --via kubernetes; what is wrong with it: " + app.again(append([]string{"hub", "status"}, opts.hub.given()...)...)}
	default:
		return route{past: err.Error()}, nil
	}
	found := route{stops: stops, alone: opts.via == viaHub, given: opts.hub.given()}
	for _, victim := range plan.Victims {
		if plan.Ends(stops, victim) {
			found.through++
		}
	}
	if blind := lostSight(found.through, len(plan.Victims), len(stops.view.Servers), plan.Cost.OfUsers); opts.via == viaAuto && blind != "" {
		found.close()
		return route{past: blind}, nil
	}
	return found, nil
}

// lostSight says why a Hub is no way to end pods: it knows too few of those that
// are to go, or has far fewer servers than there are user pods. Each stop would
// take it as long as it waits for a pod of which it does not hear.
func lostSight(known, victims, servers, users int) string {
	switch {
	case victims >= hub.EnoughToTell && hub.LostSight(known, victims):
		return fmt.Sprintf("it knows only %d of these %d pods: it has lost sight of them", known, victims)
	case users >= hub.EnoughToTell && hub.LostSight(servers, users):
		return fmt.Sprintf("it has %d servers, and there are %d user pods: it has lost sight of them", servers, users)
	default:
		return ""
	}
}

func (r route) close() {
	if r.stops != nil {
		_ = r.stops.client.Close()
	}
}

// options adds the route to what a cull is to do.
func (r route) options(o pods.CullOptions) pods.CullOptions {
	if r.stops != nil {
		o.Hub, o.HubAlone = r.stops, r.alone
	}
	return o
}

// what says in the question how so many pods end.
func (r route) what(n int) string {
	switch {
	case r.past != "":
		return "delete " + count(n, "pod") + " past the Hub"
	case r.alone:
		return "stop " + count(r.through, "server") + " through the Hub"
	case r.through == 0:
		return "delete " + count(n, "pod")
	case r.through == n:
		return "stop " + count(n, "server") + " through the Hub"
	default:
		return fmt.Sprintf("delete %s, %d of them through the Hub", count(n, "pod"), r.through)
	}
}

// sayRoute says how the pods of a plan end, next to the question.
func (app *App) sayRoute(r route, n int) {
	switch {
	case r.past != "":
		app.Term.Warn("straight through Kubernetes, past the Hub: %s", r.past)
	case r.stops == nil:
	case r.alone && r.through < n:
		app.Term.Warn("%d of %s stay, as the Hub does not know them; whether it lost them: %s", n-r.through, count(n, "pod"), app.again(append([]string{"pods", "orphans"}, r.given...)...))
	case r.through < n:
		app.Term.Say("way: %d through the Hub (%s); %d that it does not know through Kubernetes", r.through, r.stops.client.Via, n-r.through)
	default:
		app.Term.Say("way: through the Hub (%s)", r.stops.client.Via)
	}
}

// hubStops has the Hub stop servers, on behalf of a cull.
type hubStops struct {
	client *hub.Client
	view   hub.View
}

// hubStops reaches the Hub and asks what it knows.
func (app *App) hubStops(ctx context.Context, client *cluster.Client, flags hubFlags) (*hubStops, error) {
	options, err := flags.options(app)
	if err != nil {
		return nil, err
	}
	reached, err := hub.Connect(ctx, client, options)
	if err != nil {
		return nil, err
	}
	var view hub.View
	app.whileAsking("asking the Hub what it knows", func() { view, err = reached.View(ctx) })
	if err != nil {
		return nil, errors.Join(err, reached.Close())
	}
	return &hubStops{reached, view}, nil
}

// Knows is pods.Hub's.
func (s *hubStops) Knows(pod pods.Pod) bool {
	server, known := s.view.Servers[hub.Key{User: pod.User, Name: pod.Server}]
	return known && s.client.Settings.MayHaveMade(server, pod.Created)
}

// Stop is pods.Hub's.
func (s *hubStops) Stop(ctx context.Context, user, server string) (known bool, err error) {
	answer, err := s.client.Stop(ctx, hub.Key{User: user, Name: server})
	return answer != hub.Unknown, err
}

// Away is pods.Hub's.
func (s *hubStops) Away(err error) bool {
	return errors.Is(err, hub.ErrUnreachable) || errors.Is(err, hub.ErrNoHub)
}

// Hangs is pods.Hub's.
func (s *hubStops) Hangs(err error) bool { return errors.Is(err, hub.ErrHangs) }

// Stopping is pods.Hub's.
func (s *hubStops) Stopping(ctx context.Context, user, server string) (bool, error) {
	found, known, err := s.client.Server(ctx, hub.Key{User: user, Name: server})
	return known && found.Pending == hub.PendingStop, err
}
