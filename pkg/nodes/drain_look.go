package nodes

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// glance is a look at the pods of a node.
type glance struct {
	seen    bool   // to the end; else nothing is known of the node's pods
	version string // as of when
	pods    []*corev1.Pod
}

// Reset forgets what was read.
func (g *glance) Reset() { g.pods = nil }

// Add takes in a pod.
func (g *glance) Add(pod *corev1.Pod) { g.pods = append(g.pods, pod.DeepCopy()) }

// onNode chooses the pods of a node.
func onNode(name string) fields.Selector { return fields.OneTermEqualSelector("spec.nodeName", name) }

func (d *drainer) glance(ctx context.Context, node string) (glance, error) {
	var look glance
	version, err := d.client.ReadPods(ctx, cluster.PodQuery{Fields: onNode(node).String(), Detail: true}, &look)
	if err != nil {
		return glance{}, fmt.Errorf("its pods could not be read again: %w", err)
	}
	look.seen, look.version = true, version
	return look, nil
}

// look reads the pods of the nodes anew, now that no more can come, and watches
// them from there on.
func (d *drainer) look(ctx, watching context.Context, nodes []NodeOutcome) {
	looks := make([]glance, len(nodes))
	errs := d.client.NewPacer(d.opts.MaxInFlight).Each(ctx, len(nodes), func(ctx context.Context, i int) error {
		if !nodes[i].Result.Fine() || nodes[i].lost() {
			return nil
		}
		if err := d.meet(ctx, &nodes[i]); err != nil || nodes[i].lost() {
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

// lost reports whether there is nothing to drain any more.
func (o NodeOutcome) lost() bool {
	return o.Result == Gone || o.Result == Replaced || o.Result == Reopened
}

// meet reads a node anew: its kubelet may have come back since the plan, and one
// that was cordoned then may be open, or another.
func (d *drainer) meet(ctx context.Context, node *NodeOutcome) error {
	now, err := d.current(ctx, node.Name)
	if err != nil {
		return err
	}
	result, detail := d.lostTo(node.Subject, now)
	if result != "" {
		node.Result, node.Detail = result, detail
		return nil
	}
	node.Subject = subjectOf(now)
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
	case node.Result == Reopened:
		return PodOutcome{Result: Untried, Detail: node.Detail}
	case node.Result == Failed:
		return PodOutcome{Result: Untried, Detail: "its node was not cordoned"}
	case err != nil && !errors.Is(err, context.Canceled):
		return PodOutcome{Result: Untried, Detail: err.Error()}
	default:
		return PodOutcome{Result: Untried, Detail: "stopped before its turn"}
	}
}

// compare takes in the pods that are on a node now. What has come since the plan
// is treated by the same rules, but nothing of it is ended: the operator agreed to
// a number. What the rules do not provide for is left alone.
func (d *drainer) compare(planned, present []Tenant) {
	here, agreed := map[types.UID]bool{}, map[types.UID]bool{}
	for _, t := range planned {
		agreed[t.UID] = true
	}
	for _, t := range present {
		here[t.UID] = true
		outcome := PodOutcome{Tenant: t}
		if !agreed[t.UID] && d.plan.Policy.cutsOff(t) {
			outcome.Result, outcome.Detail = Spared, "came after the plan"
			d.pods = append(d.pods, outcome)
			continue
		}
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
