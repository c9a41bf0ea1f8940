package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/pods"
)

const podsOrphansLong = `Compare users' pods with the servers that the Hub believes in and the routes of
the proxy, and list where they differ, each with the evidence:

  orphan         a pod of which the Hub knows nothing: nobody will ever stop it
  ghost          the Hub says that a server runs, and it has no pod
  stuck          starting, stopping or being checked for longer than it takes
  unrouted       a server runs, and the proxy does not lead to it
  stale-route    the proxy leads to a server of which the Hub knows nothing
  never-claimed  a server was ready when BinderHub had given up on it
  overdue        older than the culler lets any server become

At a terminal the ten oldest of each class are shown; -o wide lists all.

Nothing is called lost because it is missing from a list: pods are read before
and after the Hub, and who is missing is asked for by name. What an ordinary day
shows for a moment, too, is looked at again after --settle. A Hub that cannot be
reached, or whose list broke off, is an error, never "everything is lost".

Only orphans are ever deleted, with --cull: after a plan and a question, each
only if the Hub still does not know it just before. Those to which the proxy still
leads, or which may be a renamed user's, are spared. It refuses where the Hub has
just started, is not the only one, knows too few of the pods to be believed, or
knows the users' names alone and may be the Hub of another place. Pods of another
release of the chart are left alone.

` + hubHelp + `

Exits with 3 if anything certain is found and with 0 if not.`

const podsOrphansExample = `  # What has the Hub lost, and what does it only believe in?
  binderctl pods orphans

  # Remove the pods that nobody will ever stop; first only look
  binderctl pods orphans --cull --dry-run
  binderctl pods orphans --cull

  # At once, without a second look at what may pass by itself
  binderctl pods orphans --settle 0

  # For a script: the lost pods
  binderctl pods orphans --class orphan -o name`

type podsOrphansOptions struct {
	classes       classesFlag
	olderThan     ageFlag
	settle        time.Duration
	startTimeout  ageFlag
	launchTimeout ageFlag
	maxAge        ageFlag
	hub           hubFlags
	cull          bool
	trust         hubTrust
	removal       podsCullOptions // how the orphans go
}

// orphansInFlight is how many orphans go at once: the Hub is asked for each just
// before, and is one process that has other things to do.
const orphansInFlight = 10

func newPodsOrphans(app *App) *cobra.Command {
	opts := podsOrphansOptions{
		settle: hub.DefaultSettle, launchTimeout: ageFlag{hub.DefaultLaunchTimeout, true},
		removal: podsCullOptions{grace: -1, via: viaKubernetes},
	}
	cmd := &cobra.Command{
		Use:     "orphans [flags]",
		Aliases: []string{"orphan"},
		Short:   "Find pods that the Hub lost and servers that it only believes in",
		Long:    podsOrphansLong,
		Example: podsOrphansExample,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts.removal.command = commandLine(cmd)
			return podsOrphans(cmd.Context(), app, opts)
		},
	}
	flags := cmd.Flags()
	flags.Var(&opts.classes, "class", "only findings of this `CLASS`; several with commas")
	completeWith(cmd, "class", texts(hub.Classes()))
	flags.Var(&opts.olderThan, "older-than", "only servers of this `AGE` or more, such as 90m, 6h or 2d")
	flags.DurationVar(&opts.settle, "settle", opts.settle, "how long what may pass by itself is given to do so; the Hub asks after its servers every 30 s; 0 does not look again")
	flags.Var(&opts.startTimeout, "start-timeout", "`AGE` by which a server has started or failed (default: the Hub's, else 5m)")
	flags.Var(&opts.launchTimeout, "launch-timeout", "`AGE` after which BinderHub gives up on a launch")
	flags.Var(&opts.maxAge, "max-age", "`AGE` at which the culler stops every server (default: the Hub's)")
	opts.hub.add(cmd)
	flags.BoolVar(&opts.cull, "cull", false, "delete the orphans, as planned")
	opts.trust.add(cmd)
	opts.removal.addRemoval(cmd, orphansInFlight)
	outputFlag(cmd, &opts.removal.output)
	setNeeds(cmd, append(
		[]need{
			{Resource: "pods", Verbs: []string{"list", "watch"}, Why: "to compare, and to find the Hub; watch is for lists that stream, and to see pods go"},
			{Resource: "pods", Verbs: []string{"delete"}, Why: "to have orphans go", Flag: "--cull"},
			{Resource: "nodes", Verbs: []string{"get"}, Why: "to say why a pod does not go", Flag: "--cull", Cluster: true},
		}, hubNeeds()...)...)
	addNeeds(cmd, "--cull", gateNeeds()...)
	cmd.MarkFlagsMutuallyExclusive("cull", "class")
	return cmd
}

// check looks at what the flags' own types do not.
func (o *podsOrphansOptions) check(app *App) error {
	switch {
	case o.settle < 0:
		return usagef("--settle %s: want a positive duration, or 0 for one look alone", o.settle)
	case !o.cull && o.removal.dryRun != dryRunNone:
		return usagef("--dry-run shows what --cull would delete: add --cull")
	case !o.cull && o.trust.given():
		return usagef("--hub-just-restarted and --hub-lost-its-pods allow --cull: add --cull")
	case !o.cull:
		return nil
	}
	if _, err := o.removal.policy(); err != nil {
		return err
	}
	if o.removal.changes() {
		return app.canAsk(o.removal.yes)
	}
	return nil
}

// wants reports whether a finding is one that was asked for.
func (o *podsOrphansOptions) wants(f hub.Finding, now time.Time) bool {
	if len(o.classes) > 0 && !slices.Contains(o.classes, f.Class) {
		return false
	}
	return !o.olderThan.given || !f.Since.IsZero() && now.Sub(f.Since) >= o.olderThan.age
}

func podsOrphans(ctx context.Context, app *App, opts podsOrphansOptions) error {
	if err := opts.check(app); err != nil {
		return err
	}
	client, err := app.Connect(ctx)
	if err != nil {
		return err
	}
	if opts.cull {
		if err := errors.Join(app.mustKnowPlace(client, opts.removal.yes, opts.removal.changes()), mayCull(ctx, client, opts.removal)); err != nil {
			return err
		}
	}
	observer, err := app.observe(ctx, client, opts)
	if err != nil {
		return app.hubTrouble(err, opts.hub.given()...)
	}
	defer observer.close()
	look, err := observer.look(ctx)
	if err != nil {
		return app.hubTrouble(err, opts.hub.given()...)
	}
	if opts.cull {
		return observer.cull(ctx, look)
	}
	err = observer.settle(ctx, look)
	found := observer.findings(look)
	if printErr := observer.print(ctx, look, found); printErr != nil {
		return printErr
	}
	switch {
	case err != nil:
		return app.hubTrouble(err, opts.hub.given()...)
	case slices.ContainsFunc(found, func(f hub.Finding) bool { return f.Settled }):
		return unhealthyError{}
	default:
		return nil
	}
}

// classesFlag is classes of findings, repeatedly or with commas between.
type classesFlag []hub.Class

func (f *classesFlag) String() string { return strings.Join(texts(*f), ",") }

func (f *classesFlag) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		var class hub.Class
		if err := (choice[hub.Class]{&class, hub.Classes(), ""}).Set(word); err != nil {
			return err
		}
		*f = append(*f, class)
	}
	return nil
}

func (f *classesFlag) Type() string { return "CLASS" }

// hubTrouble adds the next step to what went wrong with the Hub.
func (app *App) hubTrouble(err error, hubFlags ...string) error {
	unknown := "what the Hub knows is not known, so no pod is called lost; "
	switch {
	case err == nil, errors.Is(err, context.Canceled), isA[hintError](err), cluster.NeverHeard(err):
		return err
	case errors.Is(err, hub.ErrNoHub):
		return hintError{err, "another namespace with -n, or a Hub elsewhere with --hub-url"}
	case errors.Is(err, hub.ErrNoToken):
		return hintError{err, "give one that may list users, in $" + hubTokenVariable + " or with --hub-token-file; which Secret: --hub-secret, --hub-token-key"}
	case errors.Is(err, hub.ErrRefused):
		return hintError{err, "the token takes the scopes list:users and read:servers; another one with --hub-token-file or --hub-token-key"}
	case errors.Is(err, hub.ErrIncomplete):
		return hintError{err, unknown + "try again"}
	case errors.Is(err, hub.ErrUnreachable), errors.Is(err, cluster.ErrSilent), errors.Is(err, cluster.ErrGaveUp):
		return hintError{err, unknown + "see how it is: " + app.again(append([]string{"hub", "status"}, hubFlags...)...)}
	default:
		return err
	}
}

// lostPods are the orphans that a cull is about: those that nobody has asked to
// go yet, and of which nothing else says that they are somebody's. That the proxy
// leads to them does, unless the Hub has lost its memory.
func lostPods(found []hub.Finding, lostMemory, routesRead bool) *pods.Chosen {
	chosen := &pods.Chosen{Reasons: map[types.UID]string{}}
	routed := 0
	for _, f := range found {
		if f.Class == hub.Orphan && f.Settled && !f.Deleting && f.Perhaps == "" && (lostMemory || !f.Routed) {
			chosen.Reasons[f.UID] = f.Evidence
			if f.Routed {
				routed++
			}
		}
	}
	chosen.What = lostWhat(routed, routesRead)
	return chosen
}

// lostWhat says what the chosen pods are, and whether anybody can be at work in
// them: a session is one that the proxy leads to.
func lostWhat(routed int, routesRead bool) string {
	const what = "pods of which the Hub knows nothing"
	switch {
	case !routesRead:
		return what
	case routed == 0:
		return what + ", and to which the proxy leads nobody"
	default:
		return fmt.Sprintf("%s; the proxy still leads users to %d of them", what, routed)
	}
}
