package world

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// need is what a pod asks of the node it goes to.
type need struct {
	cpu, memory int64
	selector    map[string]string
	tolerations []corev1.Toleration
	pool        string    // on request of the scenario
	purpose     string    // preferred value of hub.jupyter.org/node-purpose
	created     time.Time // a pod is not older than its node, if possible
	ended       bool      // it needs nothing any more
}

func needOf(requests corev1.ResourceList) need {
	return need{cpu: requests.Cpu().MilliValue(), memory: requests.Memory().Value()}
}

// place finds the node for a pod that runs and takes the room it needs. Of the
// nodes that bear it, those made for such pods and older than the pod come
// first, and of these the emptiest. Pods that ended are spread evenly: nobody
// knows how empty their nodes were then.
func (w *World) place(n need) (*node, error) {
	var best *node
	for _, candidate := range w.nodes {
		// The comparison is far cheaper, and there may be thousands of nodes.
		if (best == nil || candidate.better(best, &n)) && candidate.bears(n) {
			best = candidate
		}
	}
	if best == nil {
		return nil, errors.New("no node has room for it")
	}
	best.take(n)
	return best, nil
}

func (c *node) take(n need) {
	if n.ended {
		c.ended++
		return
	}
	c.cpu, c.memory, c.pods = c.cpu-n.cpu, c.memory-n.memory, c.pods-1
}

func (c *node) bears(n need) bool {
	if c.cpu < n.cpu || c.memory < n.memory || c.pods < 1 || n.pool != "" && n.pool != c.pool {
		return false
	}
	return c.suits(n)
}

// suits says whether the pod may be on the node, by selector and taints. That a
// node is cordoned or dead says nothing about the pods that came before.
func (c *node) suits(n need) bool {
	for key, value := range n.selector {
		if c.Labels[key] != value {
			return false
		}
	}
	for _, taint := range c.Spec.Taints {
		late := taint.Key == corev1.TaintNodeUnschedulable || taint.Key == corev1.TaintNodeUnreachable
		if !late && taint.Effect != corev1.TaintEffectPreferNoSchedule && !tolerated(taint, n.tolerations) {
			return false
		}
	}
	return true
}

func tolerated(taint corev1.Taint, tolerations []corev1.Toleration) bool {
	return slices.ContainsFunc(tolerations, func(t corev1.Toleration) bool {
		sameKey := t.Key == taint.Key || t.Key == "" && t.Operator == corev1.TolerationOpExists
		sameValue := t.Operator == corev1.TolerationOpExists || t.Value == taint.Value
		return sameKey && sameValue && (t.Effect == "" || t.Effect == taint.Effect)
	})
}

func (c *node) better(other *node, n *need) bool {
	if a, b := c.serves(n), other.serves(n); a != b {
		return a
	}
	if a, b := c.precedes(n), other.precedes(n); a != b {
		return a
	}
	if n.ended && c.ended != other.ended {
		return c.ended < other.ended
	}
	if c.memory != other.memory {
		return c.memory > other.memory
	}
	return c.pods > other.pods
}

func (c *node) serves(n *need) bool {
	return n.purpose == "" || c.purpose == n.purpose
}

func (c *node) precedes(n *need) bool {
	return !c.CreationTimestamp.After(n.created)
}

// mustNotFit checks that a pod that is to be Pending really finds no place: the
// scheduler would have it running in a moment.
func (w *World) mustNotFit(n need) error {
	for _, candidate := range w.nodes {
		if !candidate.Spec.Unschedulable && !candidate.dead() && candidate.bears(n) {
			return fmt.Errorf("node %s has room for it (%d MiB and %d pods are free)", candidate.Name, candidate.memory>>20, candidate.pods)
		}
	}
	return nil
}

func (c *node) dead() bool {
	return c.Annotations[KubeletAnnotation] == KubeletDead
}

// why is the scheduler's message for a pod that fits nowhere.
func (w *World) why(n need) string {
	reasons := map[string]int{}
	for _, candidate := range w.nodes {
		switch {
		case candidate.dead():
			reasons["node(s) had untolerated taint {"+corev1.TaintNodeUnreachable+": }"]++
		case candidate.Spec.Unschedulable:
			reasons["node(s) were unschedulable"]++
		case !candidate.suits(n):
			reasons["node(s) didn't match Pod's node affinity/selector or taints"]++
		case candidate.memory < n.memory:
			reasons["Insufficient memory"]++
		case candidate.cpu < n.cpu:
			reasons["Insufficient cpu"]++
		default:
			reasons["Too many pods"]++
		}
	}
	message := fmt.Sprintf("0/%d nodes are available:", len(w.nodes))
	var messageSb132 strings.Builder
	for i, reason := range slices.Sorted(maps.Keys(reasons)) {
		if i > 0 {
			messageSb132.WriteString(",")
		}
		messageSb132.WriteString(fmt.Sprintf(" %d %s", reasons[reason], reason))
	}
	message += messageSb132.String()
	return message + "."
}
