package nodes

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// takenBack is why a node's pods are left: it is open, so that they, and who came
// since, are where they should be.
const takenBack = "the cordon was taken back"

// lostTo says what a node has become that must not be drained any more; "" if it
// still is the one that was cordoned, and closed. now is nil if it is gone.
func (d *drainer) lostTo(node Subject, now *corev1.Node) (result Result, detail string) {
	switch {
	case now == nil:
		return Gone, "the node has gone meanwhile"
	case now.UID != node.UID:
		return Replaced, "another node has its name now"
	case !now.Spec.Unschedulable && !d.opts.DryRun:
		return Reopened, takenBack
	default:
		return "", ""
	}
}

// current reads a node anew; nil if it is gone.
func (d *drainer) current(ctx context.Context, name string) (*corev1.Node, error) {
	now, err := d.client.Kube.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read node %s: %w", name, err)
	}
	return now, nil
}

// stillClosed looks at the nodes again before a round, and returns the pods of
// those that still are to be drained: a deadline or a budget takes hours, and who
// undoes the drain meanwhile must be heeded.
func (d *drainer) stillClosed(ctx context.Context, pacer *cluster.Pacer, round []int) []int {
	var names []string
	place := map[string]int{}
	for _, i := range round {
		name := d.pods[i].Node
		if _, known := place[name]; !known {
			place[name] = len(names)
			names = append(names, name)
		}
	}
	left, asked := make([]PodOutcome, len(names)), make([]bool, len(names))
	errs := pacer.Each(ctx, len(names), func(ctx context.Context, n int) error {
		asked[n] = true
		now, err := d.current(ctx, names[n])
		if err != nil {
			return err
		}
		left[n] = d.leave(names[n], now)
		return nil
	})
	var closed []int
	for _, i := range round {
		o := &d.pods[i]
		n := place[o.Node]
		switch {
		case errs[n] != nil && o.Result == heldBack: // it may be tried in the next
		case errs[n] != nil:
			o.Result, o.Detail = unfinished(asked[n], errs[n])
		case left[n].Result != "":
			o.Result, o.Detail = left[n].Result, left[n].Detail
		default:
			closed = append(closed, i)
		}
	}
	return closed
}

// leave notes that a node is lost, if it is, and says what becomes of the pods
// that were still to go from it.
func (d *drainer) leave(name string, now *corev1.Node) PodOutcome {
	d.mu.Lock()
	defer d.mu.Unlock()
	node := d.nodes[name]
	if node.lost == "" { // once opened it is in use, also if it is cordoned again
		node.lost, node.why = d.lostTo(node.Subject, now)
	}
	switch node.lost {
	case "":
		return PodOutcome{}
	case Reopened:
		return PodOutcome{Result: Untried, Detail: takenBack}
	default:
		return PodOutcome{Result: Gone, Detail: "its node is gone"}
	}
}
