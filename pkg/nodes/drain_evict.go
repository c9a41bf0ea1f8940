package nodes

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

const (
	// guardedRetry is how long to wait before pods are tried again that a budget
	// held back (kubectl's time). It is longer by up to one part in guardedJitter,
	// so that several drains do not fall into step.
	guardedRetry  = 5 * time.Second
	guardedJitter = 5
)

// evictAll evicts pods in rounds: those that a budget holds back come again in
// the next. All nodes are drained side by side. Then it waits until the pods are
// gone. The time for both is limited.
func (d *drainer) evictAll(ctx context.Context, all []int) {
	if d.opts.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = d.within(ctx, d.opts.Timeout)
		defer cancel()
	}
	d.advance(func(p *DrainProgress) { p.Of += len(all) })
	pacer := d.client.NewPacer(d.opts.MaxInFlight)
	blocked := 0
	for round := all; len(round) > 0; {
		if !d.opts.DryRun {
			round = d.stillClosed(ctx, pacer, round)
		}
		d.evictRound(ctx, pacer, round)
		round = d.heldBack(round)
		d.advance(func(p *DrainProgress) { p.Blocked += len(round) - blocked })
		blocked = len(round)
		if len(round) == 0 || d.opts.DryRun || ctx.Err() != nil {
			break
		}
		rest := cmp.Or(d.opts.retry, guardedRetry)
		_ = cluster.Sleep(ctx, rest+rand.N(rest/guardedJitter))
		if ctx.Err() != nil { // also if both came at once
			break
		}
	}
	d.awaitGone(ctx, all)
}

// undecided are the pods to evict, one node's after the other's by turns, so
// that all nodes empty alike.
func (d *drainer) undecided() []int {
	var list []int
	turn := map[string]int{}
	turns := map[int]int{}
	for i := range d.pods {
		if d.pods[i].Result == "" {
			list = append(list, i)
			turns[i] = turn[d.pods[i].Node]
			turn[d.pods[i].Node]++
		}
	}
	slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(turns[a], turns[b]) })
	return list
}

// heldBack are those of a round that a budget holds back, and may yet let go.
func (d *drainer) heldBack(round []int) []int {
	var list []int
	for _, i := range round {
		if d.pods[i].Result == heldBack {
			list = append(list, i)
		}
	}
	return list
}

// heldBack means that a pod is to be tried again.
const heldBack Result = "held back"

func (d *drainer) evictRound(ctx context.Context, pacer *cluster.Pacer, round []int) {
	unanswered := make([]bool, len(round))
	errs := pacer.Each(ctx, len(round), func(ctx context.Context, i int) error {
		o := &d.pods[round[i]]
		err := d.evict(ctx, o)
		unanswered[i] = unanswered[i] || cluster.Transient(err) // it may have been carried out all the same
		if err != nil {
			o.Result = Failed
			return err
		}
		if unanswered[i] && (o.Result == Gone || o.Result == Replaced) {
			o.Result = Evicted // by the request that was not answered, or with an error
		}
		d.departed(o)
		return nil
	})
	for i, err := range errs {
		o := &d.pods[round[i]]
		if err != nil && o.Result != heldBack {
			o.Result, o.Detail = unfinished(o.Result != "", err)
		}
	}
}

// departed has a pod that was asked to go waited for.
func (d *drainer) departed(o *PodOutcome) {
	departures := d.nodes[o.Node].departures
	switch o.Result {
	case Evicted:
		departures.Expect(o.UID)
	case heldBack, Blocked:
	default:
		departures.Settled()
	}
}

// evict asks one pod to go and notes what that came to. An error may be worth
// another try.
func (d *drainer) evict(ctx context.Context, o *PodOutcome) error {
	node := d.nodes[o.Node]
	if !o.Deleting {
		if err := d.evictOnce(ctx, o); err != nil || o.Result != Evicted {
			return err
		}
	}
	switch {
	case !node.dead && d.opts.DryRun: // nothing is waited for, and it goes by itself
		o.Result = Would
		return nil
	case !node.dead:
		o.Result = Evicted
		return nil
	case !d.plan.Policy.Force:
		o.Result, o.Detail = Stuck, DeadNode
		return nil
	}
	dead, err := d.stillDead(ctx, node)
	switch {
	case err != nil:
		return err
	case !dead:
		o.Result = Evicted
		return nil
	}
	return d.removeRecord(ctx, o)
}

// stillDead reports whether a node's kubelet is silent at this moment. One that
// is back ends its pods itself; a node that is gone has them collected.
func (d *drainer) stillDead(ctx context.Context, node *drainedNode) (bool, error) {
	now, err := d.client.Kube.CoreV1().Nodes().Get(ctx, node.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read node %s: %w", node.Name, err)
	}
	return now.UID == node.UID && silent(now), nil
}

func (d *drainer) evictOnce(ctx context.Context, o *PodOutcome) error {
	o.Result, o.Detail = "", ""
	err := d.client.EvictPod(ctx, o.Namespace, o.Name, o.UID, d.opts.DryRun)
	says, mayPass, guarded := cluster.Guarded(err)
	switch {
	case err == nil && d.opts.DryRun:
		o.Result = Would
	case err == nil:
		o.Result = Evicted
	case guarded:
		o.Result, o.Detail = Blocked, d.guardedBy(ctx, o.Tenant, says)
		if mayPass && !d.opts.DryRun {
			o.Result = heldBack
		}
	case apierrors.IsNotFound(err):
		o.Result = Gone
	case apierrors.IsConflict(err):
		return d.conflict(ctx, o)
	default:
		return fmt.Errorf("evict pod %s in namespace %s: %w", o.Name, o.Namespace, err)
	}
	return nil
}

// conflict finds out whether it is still the same pod that could not be evicted.
func (d *drainer) conflict(ctx context.Context, o *PodOutcome) error {
	now, err := d.client.Kube.CoreV1().Pods(o.Namespace).Get(ctx, o.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		o.Result = Gone
	case err != nil:
		return fmt.Errorf("read pod %s in namespace %s: %w", o.Name, o.Namespace, err)
	case now.UID != o.UID:
		o.Result = Replaced
	default:
		o.Result, o.Detail = heldBack, "it changes all the time"
	}
	return nil
}

// removeRecord removes the record of a pod whose node is dead.
func (d *drainer) removeRecord(ctx context.Context, o *PodOutcome) error {
	err := d.client.DeletePod(ctx, o.Namespace, o.Name, o.UID, cluster.DeleteOptions{GracePeriod: new(int64), DryRun: d.opts.DryRun})
	switch {
	case err == nil && d.opts.DryRun:
		o.Result = Would
	case err == nil, apierrors.IsNotFound(err):
		o.Result, o.Detail = Removed, ""
	case apierrors.IsConflict(err):
		o.Result = Replaced
	default:
		return fmt.Errorf("remove record of pod %s in namespace %s: %w", o.Name, o.Namespace, err)
	}
	return nil
}

// guardedBy says what holds a pod back: which budget and, in the server's words,
// why.
func (d *drainer) guardedBy(ctx context.Context, t Tenant, says string) string {
	d.readOnce.Do(func() {
		d.budgets, _, _ = readBudgets(ctx, d.client) // the server's own words do without
	})
	chosen := budgetsOf(d.budgets, t)
	if len(chosen) != 1 {
		return says + named(chosen)
	}
	return "disruption budget " + chosen[0].String() + " " + strings.TrimPrefix(says, "The disruption budget "+chosen[0].Name+" ")
}

func named(budgets []Budget) string {
	if len(budgets) == 0 {
		return ""
	}
	names := make([]string, len(budgets))
	for i, budget := range budgets {
		names[i] = budget.String()
	}
	return " (" + listed(names) + ")"
}

// awaitGone waits until the pods are gone, and corrects the outcome of those
// that are not.
func (d *drainer) awaitGone(ctx context.Context, asked []int) {
	if !d.opts.DryRun {
		for _, node := range d.nodes {
			node.departures.Wait(ctx, 0)
		}
	}
	for _, i := range asked {
		o := &d.pods[i]
		if o.Result == heldBack {
			o.Result = Blocked
		}
		if still, finalizers := d.nodes[o.Node].departures.Awaited(o.UID); still && o.Result == Evicted {
			o.Result = Stuck
			if finalizers != "" {
				o.Detail = "held by finalizer " + finalizers
			}
		}
	}
}
