package pods

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// CullOptions say how a plan is carried out.
type CullOptions struct {
	Delete      cluster.DeleteOptions
	Wait        bool          // until the pods are gone, not only asked to go
	Timeout     time.Duration // for the wait, after the last was asked; 0 is no limit
	MaxInFlight int           // requests side by side, at most; 0 is the default
	// Confirm, if it is not nil, is asked just before each pod is deleted. It
	// says why the pod is spared after all, or "".
	Confirm func(ctx context.Context, victim Victim) (spare string, err error)
	// Hub, if it is not nil, is asked to stop the servers that it knows. Every
	// other pod is deleted.
	Hub Hub
	// HubAlone leaves it at that, and pods alone that the Hub does not know.
	// Otherwise a pod is also deleted once the Hub has answered, whatever the Hub
	// says: it may have forgotten a server that lives.
	HubAlone bool
	// Past, if it is not nil, is called once if the Hub no longer answers. It reports
	// whether what is still to end may be deleted without the Hub, which with HubAlone
	// it may not, whatever is reported. It may be called while progress is.
	Past func(why error) bool
}

// Result says what became of a pod that was to be deleted.
type Result string

// What can become of a pod. All but Failed, Stuck and Untried are as wished.
const (
	Deleted  Result = "deleted"      // it is gone
	Asked    Result = "asked to go"  // and was not waited for
	Would    Result = "would delete" // the server agrees, in a dry run
	Gone     Result = "already gone" // somebody else was first
	Replaced Result = "replaced"     // another pod has its name now, and was left alone
	Skipped  Result = "skipped"      // it no longer is what the plan was about
	Stuck    Result = "terminating"  // it was asked to go and is still there
	Failed   Result = "failed"       // the server refused, or was not to be reached
	Untried  Result = "not tried"    // the operator stopped, or binderctl gave up, before its turn
)

// Results lists what can become of a pod, worst first.
func Results() []Result {
	return []Result{Failed, Stuck, Untried, Skipped, Replaced, Gone, Would, Asked, Deleted}
}

// Fine reports whether nothing remains to be done about the pod.
func (r Result) Fine() bool { return r != Failed && r != Stuck && r != Untried }

// Outcome is what became of one pod.
type Outcome struct {
	Victim
	Result Result `json:"result"`
	// Detail is why, where the result does not say it all.
	Detail string `json:"detail"`
}

// Progress is called as a cull goes on, never twice at once: asked pods were
// asked to go, gone pods of those are no longer there.
type Progress func(asked, gone int)

// Cull deletes the pods of a plan, the oldest first, and reports what became of
// each, in plan order. It tries them all. When ctx ends it begins no more,
// finishes what it began and does not wait for the rest to terminate.
func Cull(ctx context.Context, c *cluster.Client, plan Plan, opts CullOptions, progress Progress) []Outcome {
	w := newCulling(c, plan, opts, progress)
	if w.waits() {
		defer follow(ctx, c, plan, w.departures)()
	}
	w.ask(ctx)
	switch {
	case w.waits():
		w.departures.Wait(ctx, opts.Timeout)
		for i := range w.outcomes {
			w.outcomes[i].judge(w.departures)
		}
		w.settleWithHub(ctx)
		explainStuck(ctx, c, w.outcomes)
	case !opts.Delete.DryRun:
		for i := range w.outcomes {
			if w.outcomes[i].Result == Deleted {
				w.outcomes[i].Result = Asked
			}
		}
	}
	return w.outcomes
}

// culling is a cull under way.
type culling struct {
	c          *cluster.Client
	plan       Plan
	opts       CullOptions
	departures *cluster.Departures
	outcomes   []Outcome
	begun      []bool     // something was asked of somebody that may have made it go
	stops      []hubReply // what the Hub answered about it
	hubAway    atomic.Bool
	lost       sync.Once // the Hub
	past       bool      // what is still to end is deleted without it; to be read after lost
}

func newCulling(c *cluster.Client, plan Plan, opts CullOptions, progress Progress) *culling {
	n := len(plan.Victims)
	w := &culling{
		c: c, plan: plan, opts: opts, departures: cluster.NewDepartures(progress),
		outcomes: make([]Outcome, n), begun: make([]bool, n), stops: make([]hubReply, n),
	}
	for i, victim := range plan.Victims {
		w.outcomes[i].Victim = victim
	}
	return w
}

func (w *culling) waits() bool { return w.opts.Wait && !w.opts.Delete.DryRun }

// ask has every pod go, one way or the other, both side by side.
func (w *culling) ask(ctx context.Context) {
	direct, viaHub := w.ways()
	var both sync.WaitGroup
	both.Go(func() { w.each(ctx, w.c.NewPacer(w.opts.MaxInFlight), direct, w.delete) })
	both.Go(func() { w.each(ctx, w.hubPacer(), viaHub, w.stop) })
	both.Wait()
}

// each does something about some of the pods and notes what could not be done.
func (w *culling) each(ctx context.Context, pacer *cluster.Pacer, some []int, do func(ctx context.Context, i int) error) {
	errs := pacer.Each(ctx, len(some), func(ctx context.Context, n int) error { return do(ctx, some[n]) })
	for n, err := range errs {
		w.outcomes[some[n]].fail(err)
	}
}

// delete deletes a pod through Kubernetes.
func (w *culling) delete(ctx context.Context, i int) error {
	o := &w.outcomes[i]
	if o.Result, o.Detail = confirmed(ctx, o.Victim, w.opts); o.Result != "" {
		w.departures.Settled()
		return nil
	}
	var err error
	o.Result, o.Detail, err = remove(ctx, w.c, w.plan, o.Victim, w.opts.Delete)
	w.begun[i] = w.begun[i] || cluster.Unreachable(err)
	switch {
	case err != nil:
		return err
	case o.Result == Deleted && w.opts.Wait:
		w.departures.Expect(o.UID)
	case o.Result == Gone && w.begun[i] && !w.opts.Delete.DryRun:
		o.Result = Deleted // by the Hub, or the request whose answer was lost
		w.departures.Settled()
	default:
		w.departures.Settled()
	}
	return nil
}

// follow watches the plan's kind of pod from the moment of the plan on, until
// the function that it returns is called.
func follow(ctx context.Context, c *cluster.Client, plan Plan, departures *cluster.Departures) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	query := cluster.PodQuery{Namespace: plan.Where.Namespace, Selector: plan.Policy.group().selector()}
	var watch sync.WaitGroup
	watch.Go(func() { c.FollowPods(ctx, query, plan.version, departures) })
	return func() {
		cancel()
		watch.Wait()
	}
}

// heldBy is why a pod that has finalizers is still there.
const heldBy = "held by finalizer "

// judge corrects the outcome of a pod that is still there.
func (o *Outcome) judge(departures *cluster.Departures) {
	still, finalizers := departures.Awaited(o.UID)
	if !still {
		return
	}
	o.Result = Stuck
	if finalizers != "" {
		o.Detail = heldBy + finalizers
	}
}

// fail notes that a pod could not be asked to go.
func (o *Outcome) fail(err error) {
	switch {
	case err == nil:
	case errors.Is(err, cluster.ErrGaveUp):
		o.Result, o.Detail = Untried, err.Error()
	case o.Result == "": // it was never asked for
		o.Result, o.Detail = Untried, "stopped before its turn"
	default:
		o.Result, o.Detail = Failed, err.Error()
	}
}

// lookAgain is how often a pod is looked at again that changes all the time.
const lookAgain = 5

// remove asks for a pod's deletion and says what that came to. A pod that has
// changed since the plan, where that may matter, is judged again: the scheduler
// keeps noting on a pod that waits why it does. An error may be worth another
// try.
func remove(ctx context.Context, c *cluster.Client, plan Plan, victim Victim, opts cluster.DeleteOptions) (result Result, detail string, err error) {
	opts.ResourceVersion = plan.versions[victim.UID]
	for range lookAgain {
		result, err = removeOnce(ctx, c, victim.Pod, opts)
		if result != other {
			return result, "", err
		}
		outcome, version, err := verifyOne(ctx, c, plan.Policy, victim)
		if err != nil || outcome.Result != "" {
			return outcome.Result, outcome.Detail, err
		}
		opts.ResourceVersion = version
	}
	return Skipped, "it changes all the time", nil
}

// other means that a pod is no longer as it was when it was judged.
const other Result = "other"

func removeOnce(ctx context.Context, c *cluster.Client, pod Pod, opts cluster.DeleteOptions) (Result, error) {
	err := c.DeletePod(ctx, pod.Namespace, pod.Name, pod.UID, opts)
	switch {
	case err == nil && opts.DryRun:
		return Would, nil
	case err == nil:
		return Deleted, nil
	case apierrors.IsNotFound(err):
		return Gone, nil
	case apierrors.IsConflict(err) && opts.ResourceVersion != "":
		return other, nil
	case apierrors.IsConflict(err):
		return Replaced, nil
	default:
		return Failed, fmt.Errorf("delete pod %s: %w", pod.Name, err)
	}
}
