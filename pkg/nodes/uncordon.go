package nodes

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Wanted says which nodes are meant. Every part that is not empty must agree; a
// node that is named and does not fit the rest is left, and reported.
type Wanted struct {
	Names []string // by name; an *UnknownNodeError if there is none of a name
	By    string   // cordoned by this operator, as the API server knows them
	For   Purpose  // cordoned by this command
	// Cordoned are all that are cordoned, by whomsoever.
	Cordoned bool
}

// of picks the wanted nodes.
func (w Wanted) of(all []Subject) ([]Subject, error) {
	chosen := all
	if len(w.Names) > 0 {
		var err error
		if chosen, err = choose(all, w.Names); err != nil {
			return nil, err
		}
	}
	list := []Subject{}
	for _, node := range chosen {
		if w.agrees(node) || len(w.Names) > 0 { // what is named is accounted for
			list = append(list, node)
		}
	}
	return list, nil
}

func (w Wanted) agrees(node Subject) bool {
	var mark Cordoning // of ours
	if node.Cordoned && node.Holder.Ours() {
		mark = *node.Holder
	}
	return (w.By == "" || mark.By == w.By) && (w.For == "" || mark.For == w.For) && (!w.Cordoned || node.Cordoned)
}

// UncordonPlan is what uncordoning nodes would do.
type UncordonPlan struct {
	Where  cluster.Location `json:"where"`
	Made   time.Time        `json:"madeAt"`
	Nodes  []Step           `json:"nodes"`
	Digest string           `json:"digest"`

	wanted Wanted
}

// Changes counts the nodes that would be changed.
func (p UncordonPlan) Changes() int { return changes(p.Nodes) }

// PlanUncordon decides, without changing anything, what uncordoning the wanted
// nodes would do. me is the operator: of what others have cordoned it says whose
// cordon it is.
func PlanUncordon(ctx context.Context, c *cluster.Client, wanted Wanted, me string) (UncordonPlan, error) {
	all, err := callRoll(ctx, c)
	if err != nil {
		return UncordonPlan{}, err
	}
	chosen, err := wanted.of(all)
	if err != nil {
		return UncordonPlan{}, err
	}
	plan := UncordonPlan{Where: c.Where, Made: c.Now().UTC().Truncate(time.Second), Nodes: make([]Step, len(chosen)), wanted: wanted}
	cleaned, err := cleanedNodes(ctx, c, chosen)
	if err != nil {
		return UncordonPlan{}, err
	}
	for i, node := range chosen {
		plan.Nodes[i] = uncordonStep(node, me, cleaned[node.Name], plan.Made)
		if step := &plan.Nodes[i]; step.Change && !wanted.agrees(node) {
			step.Change, step.Reason = false, "not what is asked for: "+step.Reason
		}
	}
	plan.Digest = digestOf(plan)
	return plan, nil
}

// NotYours ends the reason of a step about a node that another operator cordoned
// with binderctl.
const NotYours = "(not by you)"

func uncordonStep(node Subject, me string, cleaned bool, now time.Time) Step {
	step := Step{Subject: node, Change: node.Cordoned}
	switch {
	case !node.Cordoned:
		step.Reason = "it is not cordoned"
	default:
		step.Reason = "cordoned " + node.Holder.Words(now)
	}
	switch {
	case !step.Change, node.Holder.Ours() && node.Holder.By == me:
	case node.Holder.Ours():
		step.Reason += " " + NotYours
	case cleaned:
		step.Reason += "; perhaps by the image cleaner, which uncordons the node itself when it has cleaned up"
	}
	return step
}

// cleanedNodes are those on which an image cleaner runs, which cordons a node
// while it removes images from it. Only a node without a mark raises the
// question; where pods may not be read it stays open.
func cleanedNodes(ctx context.Context, c *cluster.Client, nodes []Subject) (map[string]bool, error) {
	found := cleaners{}
	for _, node := range nodes {
		if !node.Cordoned || node.Holder.Ours() {
			continue
		}
		_, err := c.ReadPods(ctx, cluster.PodQuery{Selector: cluster.CleanerSelector}, found)
		if apierrors.IsForbidden(err) {
			return nil, nil
		}
		return found, err
	}
	return found, nil
}

// cleaners is the sink that notes on which nodes image cleaners run.
type cleaners map[string]bool

// Reset forgets what was read.
func (f cleaners) Reset() { clear(f) }

// Add takes in a pod.
func (f cleaners) Add(pod *corev1.Pod) { f[pod.Spec.NodeName] = true }

// Uncordon opens the nodes of a plan to new pods, takes the marks away and
// reports what became of every node, in plan order. A node that has changed
// since is judged again: one that no longer is what was asked for is left.
func Uncordon(ctx context.Context, c *cluster.Client, plan UncordonPlan, opts ChangeOptions) []NodeOutcome {
	change := cluster.NodeChange{Annotations: map[string]*string{MarkKey: nil}, DryRun: opts.DryRun}
	planned := make(map[string]Step, len(plan.Nodes))
	for _, step := range plan.Nodes {
		planned[step.Name] = step
	}
	judge := func(node Subject) Step {
		switch {
		case !node.Cordoned:
			return Step{Subject: node, Reason: "it is no longer cordoned"}
		case !sameHolder(node, planned[node.Name].Subject), !plan.wanted.agrees(node):
			return Step{Subject: node, Reason: "now it is cordoned " + node.Holder.Words(plan.Made)}
		default:
			return Step{Subject: node, Change: true}
		}
	}
	return changeNodes(ctx, c, plan.Nodes, nodeWork{change, judge, Uncordoned, func(node Subject) bool { return !node.Cordoned }}, opts)
}

// sameHolder reports whether a node is held by the same mark as before or, where
// there was none, by what the same program has done at the same time.
func sameHolder(now, before Subject) bool {
	a, b := now.Holder, before.Holder
	if !a.Ours() || !b.Ours() {
		return a.Ours() == b.Ours() && sameProgram(a, b)
	}
	return a.By == b.By && a.For == b.For && a.Reason == b.Reason && a.Since.Equal(*b.Since)
}

// sameProgram reports whether two cordons without a mark are one, as far as
// anything tells: the node controller may have said since when only afterwards.
func sameProgram(now, before *Cordoning) bool {
	if now == nil || before == nil {
		return now == before
	}
	sameTime := before.Since == nil || now.Since != nil && now.Since.Equal(*before.Since)
	return now.By == before.By && now.With == before.With && sameTime
}
