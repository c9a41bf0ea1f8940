package nodes

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// DrainOptions say how a drain is carried out.
type DrainOptions struct {
	ChangeOptions
	// Timeout is how long the pods that are evicted may take to be gone, and
	// disruption budgets to allow it; 0 is for ever. Users have their own time.
	Timeout time.Duration
	// Wait also follows the users and builds that remain until they have ended.
	// A deadline implies it.
	Wait bool
	// Progress is called as the drain goes on, never twice at once.
	Progress func(DrainProgress)

	// For tests: how soon to try again what a budget holds back (0 is
	// guardedRetry), and when a time is up (nil is by the clock).
	retry time.Duration
	after func(time.Duration) <-chan time.Time
}

// DrainProgress is how far a drain has come.
type DrainProgress struct {
	Asked   int // pods that were asked to go
	Gone    int // and are no longer there
	Of      int // pods that are to go
	Blocked int // pods that a budget holds back for now
	// Remaining are the users and builds that are left to finish while they are
	// followed; -1 if they are not.
	Remaining int
}

// PodOutcome is what became of one pod.
type PodOutcome struct {
	Tenant
	Result Result `json:"result"`
	// Detail is why, where the result does not say it all.
	Detail string `json:"detail"`
}

// DrainReport is what a drain came to.
type DrainReport struct {
	Nodes []NodeOutcome `json:"nodes"` // in plan order
	Pods  []PodOutcome  `json:"items"` // by node
}

// Drain cordons the nodes of a plan, looks again at what is on them, evicts what
// the plan's policy allows, and reports what became of every node and pod. It
// tries them all. When ctx ends it begins nothing more and finishes what it
// began; the nodes stay cordoned.
func Drain(ctx context.Context, c *cluster.Client, plan DrainPlan, opts DrainOptions) (DrainReport, error) {
	if opts.Progress == nil {
		opts.Progress = func(DrainProgress) {}
	}
	if opts.after == nil {
		opts.after = time.After
	}
	d := &drainer{client: c, plan: plan, opts: opts, nodes: map[string]*drainedNode{}, progress: DrainProgress{Remaining: -1}}
	cordon := CordonPlan{Made: plan.Made, Mark: plan.Mark}
	for _, node := range plan.Nodes {
		cordon.Nodes = append(cordon.Nodes, node.Step)
	}
	opts.NoRoom = plan.Policy.NoRoom
	nodes, err := Cordon(ctx, c, cordon, opts.ChangeOptions)
	if err != nil {
		return DrainReport{}, err
	}
	watching, stop := context.WithCancel(ctx)
	defer d.watches.Wait()
	defer stop()
	d.look(ctx, watching, nodes)
	d.empty(ctx, watching)
	d.explain(ctx, nodes)
	d.credit(nodes)
	return DrainReport{Nodes: nodes, Pods: d.pods}, nil
}

// empty has the nodes emptied: what is evicted and the users who have time are
// seen to side by side, so that neither waits for the other.
func (d *drainer) empty(ctx, watching context.Context) {
	going, guests := d.undecided(), d.remaining()
	var both sync.WaitGroup
	both.Go(func() { d.evictAll(ctx, going) })
	both.Go(func() { d.followGuests(ctx, watching, guests) })
	both.Wait()
}

// on lists the plan's pods on a node.
func (p DrainPlan) on(node string) []Tenant {
	list := []Tenant{}
	for _, t := range p.Pods {
		if t.Node == node {
			list = append(list, t)
		}
	}
	return list
}

// takesForDead reports whether the plan says of a node that nothing ends there.
// Only where it does have the operators agreed to have records removed.
func (p DrainPlan) takesForDead(node string) bool {
	return slices.ContainsFunc(p.Nodes, func(n DrainNode) bool { return n.Name == node && n.silent })
}

// Counts says how many pods went which way.
func (r DrainReport) Counts() map[Result]int {
	counts := map[Result]int{}
	for _, o := range r.Pods {
		counts[o.Result]++
	}
	return counts
}

// Remaining counts, by node, the users and builds that are still there.
func (r DrainReport) Remaining() map[string]int {
	remaining := map[string]int{}
	for _, o := range r.Pods {
		if o.Result == Remains {
			remaining[o.Node]++
		}
	}
	return remaining
}

// OnDeadNodes counts the pods that do not end because nothing there does.
func (r DrainReport) OnDeadNodes() int {
	return r.count(func(o PodOutcome) bool { return o.Result == Stuck && o.Detail == DeadNode })
}

// GuardedUnready counts the pods that a budget held back though they do no work:
// while they are not ready it may never let them go.
func (r DrainReport) GuardedUnready() int {
	return r.count(func(o PodOutcome) bool { return o.Result == Blocked && !o.ready })
}

func (r DrainReport) count(is func(PodOutcome) bool) int {
	n := 0
	for _, o := range r.Pods {
		if is(o) {
			n++
		}
	}
	return n
}

// Budgets names what held back the pods that were blocked, in order.
func (r DrainReport) Budgets() []string {
	names := map[string]bool{}
	for _, o := range r.Pods {
		if o.Result == Blocked {
			names[o.Detail] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
