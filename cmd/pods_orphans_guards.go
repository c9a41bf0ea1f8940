package cmd

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/pods"
)

// hubTrust says what the operator takes the Hub's word for, though it looks as if
// one had better not.
type hubTrust struct {
	restarted     ageFlag
	justRestarted bool
	lostItsPods   bool
}

// defaultRestarted is how long ago a Hub must have started for its word to count
// against a pod: it takes a minute to find thousands of pods again, and whoever
// has just restarted it wants to see first what that did.
const defaultRestarted = 10 * time.Minute

func (t *hubTrust) add(cmd *cobra.Command) {
	t.restarted = ageFlag{defaultRestarted, true}
	flags := cmd.Flags()
	flags.Var(&t.restarted, "hub-restarted-within", "with --cull: refuse if the Hub started less than this `AGE` ago")
	flags.BoolVar(&t.justRestarted, "hub-just-restarted", false, "with --cull: do not mind that; risks sessions that the Hub has not found again yet")
	flags.BoolVar(&t.lostItsPods, "hub-lost-its-pods", false, "with --cull: do not mind that the Hub knows few of the pods, or none; every session that it does not know ends")
}

func (t *hubTrust) given() bool { return t.justRestarted || t.lostItsPods }

// mayTrust refuses to delete pods on the word of a Hub that may be wrong.
func (o *observer) mayTrust(ctx context.Context, look *hub.Look) error {
	if err := o.hasRun(look.At); err != nil {
		return err
	}
	if err := hub.Alone(ctx, o.client); err != nil {
		return hintError{err, "a pod that one does not know may be the other's session. If one is on its way out, wait until it has gone; " +
			"what you know to be lost: " + o.app.again("pods", "cull", "--name", "NAME", "--via", string(viaKubernetes))}
	}
	if err := o.seesAll(ctx); err != nil {
		return err
	}
	few := fewOf(look)
	if o.opts.trust.lostItsPods || few == "" {
		return o.isItsHub(look)
	}
	return hintError{
		fmt.Errorf("%s: nothing is deleted on the word of a Hub that may have lost its memory", few),
		o.lostOrBlind(look) + "; if these pods are truly nobody's any more, add --hub-lost-its-pods: every session that the Hub does not know ends",
	}
}

// isItsHub refuses a Hub of which the pods cannot be: one of another place may know
// users of the same names. That the Hub of the namespace itself has lost all it knew
// is another matter.
func (o *observer) isItsHub(look *hub.Look) error {
	elsewhere := o.opts.hub.url != ""
	switch {
	case elsewhere && look.Judged > 0 && look.Made == 0:
		return hintError{
			fmt.Errorf("the Hub at %s can have made none of the %s here: it may be that of another place", o.opts.hub.url.String(), count(look.Judged, "pod")),
			"without --hub-url the Hub of the namespace is asked",
		}
	case look.Known > 0 && hub.LostSight(look.Made, look.Known):
		return hintError{
			fmt.Errorf("the Hub knows servers by the names of %s, and by when these began it can have made only %d of them: it may be the Hub of another place", count(look.Known, "pod"), look.Made),
			"is its clock right, and --hub-url, --context and --namespace of one place? " + o.again("hub", "status"),
		}
	case o.release == "" && len(o.releases) > 1:
		return hintError{
			fmt.Errorf("the pods are of %d releases of the chart (%s), and which of them is the Hub's cannot be told", len(o.releases), someOf(slices.Sorted(maps.Keys(o.releases)))),
			"what you know to be lost: " + o.app.again("pods", "cull", "--name", "NAME", "--via", string(viaKubernetes)),
		}
	default:
		return nil
	}
}

// seesAll refuses a token that may see only some of the servers.
func (o *observer) seesAll(ctx context.Context) error {
	if key := o.hub.Guessed; key != "" {
		return hintError{
			fmt.Errorf("the token was found under %s, which is not BinderHub's: what it may see is not known", key),
			"if it may list all users, name it: --hub-token-key " + key,
		}
	}
	return o.app.hubTrouble(o.hub.SeesAll(ctx), o.opts.hub.given()...)
}

// fewOf says how few of the pods the Hub knows, or "" if it is at least half.
func fewOf(look *hub.Look) string {
	switch {
	case !hub.LostSight(look.Known, look.Judged):
		return ""
	case look.Known == 0:
		return fmt.Sprintf("the Hub knows none of the %s that it should know", count(look.Judged, "pod"))
	default:
		return fmt.Sprintf("the Hub knows only %d of the %s that it should know", look.Known, count(look.Judged, "pod"))
	}
}

// hasRun refuses if the Hub has just started, or nobody can tell.
func (o *observer) hasRun(now time.Time) error {
	switch ran := now.Sub(o.began); {
	case o.opts.trust.justRestarted:
		return nil
	case o.began.IsZero():
		return hintError{
			fmt.Errorf("namespace %s has no hub pod that is ready, so nobody can tell whether the Hub has just started", o.client.Where.Namespace),
			"if you know that it has not, add --hub-just-restarted",
		}
	case ran < o.opts.trust.restarted.age:
		return hintError{
			fmt.Errorf("the Hub started %s ago, and may not have found all of its pods again", ui.Age(max(0, ran))),
			fmt.Sprintf("wait until it has run for %s, or see whether it has: %s; then --hub-just-restarted does not wait",
				pods.Age(o.opts.trust.restarted.age), o.again("hub", "status")),
		}
	default:
		return nil
	}
}

// lostOrBlind tells a Hub that has lost its database from one that sees no pods,
// as far as can be told from here.
func (o *observer) lostOrBlind(look *hub.Look) string {
	older, all := 0, 0
	for _, f := range look.Findings() {
		if f.Class != hub.Orphan {
			continue
		}
		all++
		if f.Since.Before(o.began) {
			older++
		}
	}
	says := "it believes in " + count(look.Servers, "server")
	switch {
	case o.began.IsZero():
	case 2*older > all:
		says += fmt.Sprintf(" and started %s ago, later than %d of the %d pods that it does not know: that looks like a database that was lost; are there no users in it either?",
			ui.Age(look.At.Sub(o.began)), older, all)
	default:
		says += fmt.Sprintf(" and has run for %s, longer than %d of the %d pods that it does not know: that looks like a Hub that is blind, or whose stops fail, and it goes on losing pods until that is mended",
			ui.Age(look.At.Sub(o.began)), all-older, all)
	}
	return says + ": " + o.again("hub", "status")
}

// stillRuns refuses if the Hub has been started again since the plan was made.
func (o *observer) stillRuns(ctx context.Context) error {
	if o.began.IsZero() { // which the operator has agreed to
		return nil
	}
	pod, err := hub.Pod(ctx, o.client)
	if err != nil {
		return err
	}
	if began := hub.Started(pod); !began.Equal(o.began) {
		return fmt.Errorf("the Hub started again at %s, after the plan was made", began.Format(time.TimeOnly))
	}
	return nil
}
