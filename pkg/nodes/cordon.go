package nodes

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// CordonPlan is what cordoning nodes would do.
type CordonPlan struct {
	Where cluster.Location `json:"where"`
	Made  time.Time        `json:"madeAt"`
	Mark  Mark             `json:"mark"` // left on each node that is cordoned
	Nodes []Step           `json:"nodes"`
	NoRoom
	Digest string `json:"digest"`
}

// Step is what is to be done about one node.
type Step struct {
	Subject
	Change bool   `json:"change"` // false leaves it as it is
	Reason string `json:"reason"` // why it is left, or what to know before it is changed
}

// NoRoom is what there would be no room for on nodes that are cordoned.
type NoRoom struct {
	// Closed are the pools whose last schedulable node would be cordoned.
	Closed []ClosedPool `json:"closedPools"`
	// Launches is false if users' pods can start now and would have no node left.
	Launches bool `json:"launchesGoOn"`
	// Stranded are the workloads all of whose pods would be on cordoned nodes.
	Stranded []Workload `json:"stranded"`
	// Unseen names what the operator may not read, so that it was not looked at.
	Unseen []string `json:"unseen"`
}

// ClosedPool is a pool without a node that takes new pods.
type ClosedPool struct {
	Name  string   `json:"name"` // "" are the nodes without a pool
	Nodes []string `json:"nodes"`
}

// String says which pool it is.
func (p ClosedPool) String() string { return poolName(p.Name) }

// PlanCordon decides, without changing anything, what cordoning these nodes
// would do. The error is an *UnknownNodeError if there is none of a name.
func PlanCordon(ctx context.Context, c *cluster.Client, names []string, mark Mark) (CordonPlan, error) {
	all, err := callRoll(ctx, c)
	if err != nil {
		return CordonPlan{}, err
	}
	chosen, err := choose(all, names)
	if err != nil {
		return CordonPlan{}, err
	}
	plan := CordonPlan{Where: c.Where, Made: c.Now().UTC().Truncate(time.Second), Mark: mark, Nodes: make([]Step, len(chosen))}
	for i, node := range chosen {
		plan.Nodes[i] = cordonStep(node, plan.Made)
	}
	if plan.NoRoom, err = noRoom(ctx, c, all, chosen); err != nil {
		return CordonPlan{}, err
	}
	plan.Digest = digestOf(plan)
	return plan, nil
}

func cordonStep(node Subject, now time.Time) Step {
	switch {
	case node.Cordoned:
		return Step{Subject: node, Reason: "already cordoned " + node.Holder.Words(now)}
	case node.silent:
		return Step{Subject: node, Change: true, Reason: "it is not ready: its kubelet is silent"}
	case !node.Ready:
		return Step{Subject: node, Change: true, Reason: "it says that it is not ready"}
	default:
		return Step{Subject: node, Change: true}
	}
}

// Changes counts the nodes that would be changed.
func (p CordonPlan) Changes() int { return changes(p.Nodes) }

func changes(steps []Step) int {
	n := 0
	for _, step := range steps {
		if step.Change {
			n++
		}
	}
	return n
}

// noRoom finds what there would be no room for if nodes were closed besides
// those that are closed already.
func noRoom(ctx context.Context, c *cluster.Client, all, closing []Subject) (NoRoom, error) {
	result, homes := roomWithout(all, closing)
	if _, err := c.ReadPods(ctx, cluster.PodQuery{}, homes); err != nil {
		if !apierrors.IsForbidden(err) {
			return NoRoom{}, err
		}
		result.Unseen = append(result.Unseen, "pods")
		return result, nil
	}
	return result, result.strand(ctx, c, homes)
}

// roomWithout says what is known before the pods are read, and returns the sink
// to read them with.
func roomWithout(all, closing []Subject) (NoRoom, *homes) {
	names := make(map[string]bool, len(closing))
	for _, node := range closing {
		names[node.Name] = true
	}
	closed := map[string]bool{}
	for _, node := range all {
		if names[node.Name] || !node.takes() {
			closed[node.Name] = true
		}
	}
	return closedPools(all, names), &homes{closed: closed}
}

// strand names the workloads that would have no node left.
func (r *NoRoom) strand(ctx context.Context, c *cluster.Client, homes *homes) error {
	services, err := homes.strandedServices(ctx, c)
	switch {
	case apierrors.IsForbidden(err):
		r.Unseen = append(r.Unseen, "services")
	case err != nil:
		return fmt.Errorf("list services: %w", err)
	}
	r.Stranded = append(homes.stranded(), services...)
	slices.SortFunc(r.Stranded, Workload.compare)
	return nil
}

// closedPools finds the pools that have a schedulable node now and would have
// none, and whether users' pods could still start.
func closedPools(all []Subject, closing map[string]bool) NoRoom {
	result := NoRoom{Closed: []ClosedPool{}, Stranded: []Workload{}, Unseen: []string{}}
	open, lost := map[string]bool{}, map[string][]string{}
	users := false // users' pods have nodes that are not for the Hub's own
	for _, node := range all {
		if !node.takes() {
			continue
		}
		users = users || !node.Core
		if closing[node.Name] {
			lost[node.Pool] = append(lost[node.Pool], node.Name)
			continue
		}
		open[node.Pool] = true
		result.Launches = result.Launches || !node.Core
	}
	result.Launches = result.Launches || len(lost) == 0 || !users && len(open) > 0
	for pool, nodes := range lost {
		if !open[pool] {
			result.Closed = append(result.Closed, ClosedPool{pool, nodes})
		}
	}
	slices.SortFunc(result.Closed, func(a, b ClosedPool) int { return strings.Compare(a.Name, b.Name) })
	return result
}
