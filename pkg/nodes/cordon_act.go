package nodes

import (
	"context"
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// ChangeOptions say how nodes are changed.
type ChangeOptions struct {
	DryRun      bool // the server checks everything and changes nothing
	MaxInFlight int  // requests side by side, at most; 0 is the default
	NoRoom      bool // also close the last node of a pool; a drain's policy says so itself
}

// NodeOutcome is what became of one node, as it was when it was last seen.
type NodeOutcome struct {
	Subject
	Result Result `json:"result"`
	// Detail is why, where the result does not say it all.
	Detail string `json:"detail"`
}

// Cordon closes the nodes of a plan to new pods, leaves the plan's mark on each,
// and reports what became of every node, in plan order. A node that has changed
// since is judged again; what somebody else cordoned keeps their mark, or none.
// The error is a *NoRoomError, and nothing is changed, if a pool would be closed
// that is not to be.
func Cordon(ctx context.Context, c *cluster.Client, plan CordonPlan, opts ChangeOptions) ([]NodeOutcome, error) {
	text, err := json.Marshal(plan.Mark)
	if err != nil {
		return nil, fmt.Errorf("write mark: %w", err)
	}
	mark := string(text)
	if err := stillRoom(ctx, c, plan.Nodes, opts); err != nil && ctx.Err() == nil {
		return nil, err // who has stopped is told of every node
	}
	change := cluster.NodeChange{Unschedulable: true, Annotations: map[string]*string{MarkKey: &mark}, DryRun: opts.DryRun}
	judge := func(node Subject) Step { return cordonStep(node, plan.Made) }
	work := nodeWork{change, judge, Cordoned, func(node Subject) bool { return node.Cordoned && node.Holder.of(plan.Mark) }}
	return changeNodes(ctx, c, plan.Nodes, work, opts), nil
}

// nodeWork is what is to be done to nodes.
type nodeWork struct {
	change cluster.NodeChange
	judge  func(Subject) Step // decides about a node that is not as it was
	done   Result
	isDone func(Subject) bool // tells that of a node to which an answer was lost
}

// changeNodes changes nodes side by side. It tries them all.
func changeNodes(ctx context.Context, c *cluster.Client, steps []Step, work nodeWork, opts ChangeOptions) []NodeOutcome {
	outcomes := make([]NodeOutcome, len(steps))
	for i, step := range steps {
		outcomes[i].Subject = step.Subject
	}
	tried := make([]bool, len(steps))
	errs := c.NewPacer(opts.MaxInFlight).Each(ctx, len(steps), func(ctx context.Context, i int) error {
		outcome, err := work.on(ctx, c, steps[i])
		if tried[i] && !opts.DryRun && outcome.Result == Unchanged && work.isDone(outcome.Subject) {
			outcome.Result, outcome.Detail = work.done, "" // by the request whose answer was lost
		}
		tried[i], outcomes[i] = true, outcome
		return err
	})
	for i, err := range errs {
		if err != nil {
			outcomes[i].Result, outcomes[i].Detail = unfinished(outcomes[i].Result != "", err)
		}
	}
	return outcomes
}

// lookAgain is how often a node is looked at again that changes all the time:
// its kubelet reports every few seconds when something is amiss.
const lookAgain = 5

// on changes one node, unless it is to be left or has come to be. An error may
// be worth another try.
func (w nodeWork) on(ctx context.Context, c *cluster.Client, step Step) (NodeOutcome, error) {
	for range lookAgain {
		if !step.Change {
			return NodeOutcome{Subject: step.Subject, Result: Unchanged, Detail: step.Reason}, nil
		}
		changed, err := c.ChangeNode(ctx, step.Name, step.UID, step.version, w.change)
		switch {
		case err == nil && w.change.DryRun:
			return NodeOutcome{Subject: step.Subject, Result: Would}, nil
		case err == nil:
			return NodeOutcome{Subject: subjectOf(changed), Result: w.done}, nil
		case apierrors.IsNotFound(err):
			return NodeOutcome{Subject: step.Subject, Result: Gone, Detail: "the node is no longer there"}, nil
		case !apierrors.IsConflict(err) && !apierrors.IsInvalid(err):
			return NodeOutcome{Subject: step.Subject, Result: Failed}, fmt.Errorf("change node %s: %w", step.Name, err)
		}
		now, err := c.Kube.CoreV1().Nodes().Get(ctx, step.Name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return NodeOutcome{Subject: step.Subject, Result: Gone, Detail: "the node is no longer there"}, nil
		case err != nil:
			return NodeOutcome{Subject: step.Subject, Result: Failed}, fmt.Errorf("read node %s: %w", step.Name, err)
		case now.UID != step.UID:
			return NodeOutcome{Subject: step.Subject, Result: Replaced, Detail: "another node has its name now"}, nil
		}
		step = w.judge(subjectOf(now))
	}
	return NodeOutcome{Subject: step.Subject, Result: Failed, Detail: "it changes all the time"}, nil
}
