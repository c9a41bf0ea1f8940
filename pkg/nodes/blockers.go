package nodes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Blocker is something that keeps the cluster autoscaler from taking a node
// away. What keeps Karpenter is much the same.
type Blocker struct {
	Node string `json:"node"`
	What string `json:"what"`
	// Pods are those it is about, as namespace/name; none if it is the node itself.
	Pods []string `json:"pods"`
	// Ends is when it should be over by itself; zero if it will not be.
	Ends time.Time `json:"endsAt,omitzero"`
}

const (
	// safeToEvict is the annotation by which a pod tells the cluster autoscaler
	// whether it may be moved, whatever else is true of it.
	safeToEvict = "cluster-autoscaler.kubernetes.io/safe-to-evict"
	// safeVolumes names local volumes that may be lost.
	safeVolumes = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"
)

// BlockerReport is what keeps the cluster autoscaler, as far as it could be seen.
type BlockerReport struct {
	Found []Blocker
	// BudgetsUnseen is true if disruption budgets could not be read, or may not
	// be: then which pods they keep is not known.
	BudgetsUnseen bool
}

// Blockers says, for each of some nodes, what keeps the cluster autoscaler from
// taking it away as it is now. Its rules are those of version 1.30 and later
// with the defaults; some clouds are laxer about local storage and the system's
// pods. If there is an error, the report is of what could be read.
func Blockers(ctx context.Context, c *cluster.Client, names []string, maxAge time.Duration) (BlockerReport, error) {
	budgets, known, budgetErr := readBudgets(ctx, c)
	rules := blockerRules{budgets: budgets, known: known, maxAge: maxAge}
	onEach := make([][]Blocker, len(names))
	errs := c.NewPacer(0).Each(ctx, len(names), func(_ context.Context, i int) (err error) {
		onEach[i], err = rules.look(ctx, c, names[i]) // which ends with ctx: nothing is changed
		return err
	})
	report := BlockerReport{Found: append([]Blocker{}, slices.Concat(onEach...)...), BudgetsUnseen: !known}
	return report, errors.Join(budgetErr, unseenNodes(errs))
}

// unseenNodes is the error of some nodes' errors, nil if there is none.
func unseenNodes(errs []error) error {
	failed := slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return err == nil })
	if len(failed) == 0 {
		return nil
	}
	return fmt.Errorf("find what is on %d of %d nodes: %w", len(failed), len(errs), failed[0])
}

// blockerRules are by which the autoscaler decides about pods.
type blockerRules struct {
	budgets []Budget
	known   bool // that these are all
	maxAge  time.Duration
}

// look finds what keeps a node; a node that is gone is what was wanted.
func (r blockerRules) look(ctx context.Context, c *cluster.Client, name string) ([]Blocker, error) {
	node, err := c.Kube.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("get node %s: %w", name, err)
	}
	look := &glance{}
	if _, err := c.ReadPods(ctx, cluster.PodQuery{Fields: onNode(name).String(), Detail: true}, look); err != nil {
		return nil, err
	}
	return r.ofNode(node, look.pods), nil
}

func (r blockerRules) ofNode(node *corev1.Node, pods []*corev1.Pod) []Blocker {
	list := []Blocker{}
	if node.Annotations[keepAnnotation] == annotationEnabled {
		list = append(list, Blocker{Node: node.Name, What: "the node is annotated " + keepAnnotation, Pods: []string{}})
	}
	found := map[string]*Blocker{}
	for _, pod := range pods {
		what, ends := r.ofPod(pod)
		if what == "" {
			continue
		}
		blocker, ok := found[what]
		if !ok {
			blocker = &Blocker{Node: node.Name, What: what}
			found[what] = blocker
		}
		blocker.Pods = append(blocker.Pods, pod.Namespace+"/"+pod.Name)
		if ends.After(blocker.Ends) {
			blocker.Ends = ends
		}
	}
	for _, blocker := range found {
		slices.Sort(blocker.Pods)
		list = append(list, *blocker)
	}
	slices.SortFunc(list, func(a, b Blocker) int { return strings.Compare(a.What, b.What) })
	return list
}

// ofPod says why a pod keeps its node, or "" if it does not, and when it should
// end by itself. Like the autoscaler it first asks what lets a pod go whatever
// else is true of it.
func (r blockerRules) ofPod(pod *corev1.Pod) (what string, ends time.Time) {
	if letsGo(pod) {
		return "", time.Time{}
	}
	switch kind := cluster.KindOf(pod); kind {
	case cluster.User:
		return "users who are still there", endsBy(kind, pod.CreationTimestamp.Time, r.maxAge)
	case cluster.Build:
		return "builds that are still running", endsBy(kind, pod.CreationTimestamp.Time, r.maxAge)
	default:
		return r.ofService(pod), time.Time{}
	}
}

// letsGo reports whether a pod never keeps its node: it belongs to it, has ended,
// is on its way out or says that it may be moved.
func letsGo(pod *corev1.Pod) bool {
	_, mirror := pod.Annotations[corev1.MirrorPodAnnotationKey]
	return mirror || finished(pod) || pod.DeletionTimestamp != nil ||
		workloadOf(pod).Kind == "DaemonSet" || pod.Annotations[safeToEvict] == "true"
}

// ofService says why a pod that is nobody's session or build keeps its node.
func (r blockerRules) ofService(pod *corev1.Pod) string {
	if pod.Annotations[safeToEvict] == "false" {
		return "pods annotated " + safeToEvict + "=false"
	}
	for _, budget := range r.budgets {
		if budget.Allows <= 0 && budget.chooses(pod.Namespace, labels.Set(pod.Labels)) {
			return "pods whose disruption budget " + budget.String() + " allows no eviction"
		}
	}
	switch {
	case workloadOf(pod).Kind == "":
		return "pods that nothing would make again"
	case localStorage(pod):
		return "pods with local storage that is not said to be safe to lose"
	case pod.Namespace == metav1.NamespaceSystem && r.known && !r.budgeted(pod):
		return "pods of kube-system without a disruption budget"
	default:
		return ""
	}
}

func (r blockerRules) budgeted(pod *corev1.Pod) bool {
	return slices.ContainsFunc(r.budgets, func(b Budget) bool { return b.chooses(pod.Namespace, labels.Set(pod.Labels)) })
}

// localStorage reports whether a pod has files on its node that it does not say
// may be lost.
func localStorage(pod *corev1.Pod) bool {
	safe := strings.Split(pod.Annotations[safeVolumes], ",")
	return slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool {
		return (v.EmptyDir != nil && v.EmptyDir.Medium != corev1.StorageMediumMemory || v.HostPath != nil) && !slices.Contains(safe, v.Name)
	})
}
