package nodes

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

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

// look reads the pods of the nodes anew, now that no more can come, and watches
// them from there on.
func (d *drainer) look(ctx, watching context.Context, nodes []NodeOutcome) {
	looks := make([]glance, len(nodes))
	errs := d.client.NewPacer(d.opts.MaxInFlight).Each(ctx, len(nodes), func(ctx context.Context, i int) error {
		if !nodes[i].Result.Fine() || nodes[i].Result == Gone || nodes[i].Result == Replaced {
			return nil
		}
		if err := d.meet(ctx, &nodes[i]); err != nil || nodes[i].Result == Gone {
			return err
		}
		var err error
		looks[i], err = d.glance(ctx, nodes[i].Name)
		return err
	})
	inspector := newInspector(context.WithoutCancel(ctx), d.client.Kube, d.plan.Policy)
	for i := range nodes {
		node := &nodes[i]
		planned := d.plan.on(node.Name)
		if !looks[i].seen {
			why := untouched(*node, errs[i])
			if errs[i] != nil && ctx.Err() == nil {
				node.Result, node.Detail = d.undrained(), errs[i].Error()
			}
			for _, t := range planned {
				why.Tenant = t
				d.pods = append(d.pods, why)
			}
			continue
		}
		d.nodes[node.Name] = d.watch(watching, *node, looks[i].version)
		d.compare(planned, inspector.inspectAll(looks[i].pods))
	}
}

// meet reads a node anew: its kubelet may have come back since the plan.
func (d *drainer) meet(ctx context.Context, node *NodeOutcome) error {
	now, err := d.client.Kube.CoreV1().Nodes().Get(ctx, node.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err), err == nil && now.UID != node.UID:
		node.Result, node.Detail = Gone, "the node has gone meanwhile"
	case err != nil:
		return fmt.Errorf("read node %s: %w", node.Name, err)
	default:
		node.Subject = subjectOf(now)
	}
	return nil
}

// undrained is the result of a node that could not be looked at, nor its pods.
func (d *drainer) undrained() Result {
	if d.opts.DryRun {
		return Failed
	}
	return Undrained
}

// untouched is the outcome of the pods of a node that was not drained. err is
// why its pods could not be read, if it came to that.
func untouched(node NodeOutcome, err error) PodOutcome {
	switch {
	case node.Result == Gone, node.Result == Replaced:
		return PodOutcome{Result: Gone, Detail: "its node is gone"}
	case node.Result == Failed:
		return PodOutcome{Result: Untried, Detail: "its node was not cordoned"}
	case err != nil && !errors.Is(err, context.Canceled):
		return PodOutcome{Result: Untried, Detail: err.Error()}
	default:
		return PodOutcome{Result: Untried, Detail: "stopped before its turn"}
	}
}

// compare takes in the pods that are on a node now. What has come since the plan
// is treated by the same rules; what they do not provide for is left alone.
func (d *drainer) compare(planned, present []Tenant) {
	here := map[types.UID]bool{}
	for _, t := range present {
		here[t.UID] = true
		outcome := PodOutcome{Tenant: t}
		switch t.Verdict {
		case Keeps:
			outcome.Result, outcome.Detail = Stays, t.Reason
		case Waits:
			outcome.Result, outcome.Detail = Remains, t.Reason
		case Refuses:
			outcome.Result, outcome.Detail = Spared, t.Reason
		case Moves, Ends, Clears:
		}
		d.pods = append(d.pods, outcome)
	}
	for _, t := range planned {
		if !here[t.UID] {
			d.pods = append(d.pods, PodOutcome{Tenant: t, Result: Gone})
		}
	}
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

// explain says why pods are still there, and what has become of the nodes.
func (d *drainer) explain(ctx context.Context, nodes []NodeOutcome) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), explainTime)
	defer cancel()
	for i := range nodes {
		node := &nodes[i]
		if d.nodes[node.Name] == nil {
			continue
		}
		now, err := d.client.Kube.CoreV1().Nodes().Get(ctx, node.Name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err), err == nil && now.UID != node.UID:
			node.Result, node.Detail = Gone, "the node has gone meanwhile"
			d.onNode(node.Name, Stuck, func(o *PodOutcome) { o.Result, o.Detail = Gone, "its node is gone" })
		case err != nil:
		case !now.Spec.Unschedulable && !d.opts.DryRun:
			node.Detail = "somebody has uncordoned it meanwhile"
		default:
			d.onNode(node.Name, Stuck, func(o *PodOutcome) { o.Detail = stuckOn(now, o.Detail) })
		}
	}
}

// explainTime is how long the operator waits for explanations: they are worth
// less than the report.
const explainTime = 5 * time.Second

// deadNode is why a pod does not end on a node whose kubelet is silent.
const deadNode = "its node is not ready, so nothing there ends; --force removes the record"

// stuckOn is why a pod does not end on a node, as far as the node tells. detail
// is what was known of the pod before.
func stuckOn(node *corev1.Node, detail string) string {
	switch {
	case detail != "" && detail != deadNode:
		return detail
	case silent(node):
		return deadNode
	case !ready(node):
		return "its node says that it is not ready, and still ends what is there, if slowly"
	case detail == deadNode:
		return "its node is heard of again, and ends it by itself"
	default:
		return ""
	}
}

// onNode changes the outcomes of a result on a node.
func (d *drainer) onNode(node string, result Result, change func(*PodOutcome)) {
	for i := range d.pods {
		if o := &d.pods[i]; o.Node == node && o.Result == result {
			change(o)
		}
	}
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
