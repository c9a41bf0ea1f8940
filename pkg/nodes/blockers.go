package nodes

import (
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
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

// Blockers says, for each of some nodes, what keeps the cluster autoscaler from
// taking it away as it is now. Its rules are those of version 1.30 and later
// with the defaults; some clouds are laxer about local storage and the system's
// pods.
func Blockers(ctx context.Context, c *cluster.Client, names []string, maxAge time.Duration) ([]Blocker, error) {
	budgets, _, err := readBudgets(ctx, c)
	if err != nil {
		return nil, err
	}
	list := []Blocker{}
	for _, name := range names {
		node, err := c.Kube.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			continue // it is gone, which is what was wanted
		}
		look := &glance{}
		if _, err := c.ReadPods(ctx, cluster.PodQuery{Fields: onNode(name).String(), Detail: true}, look); err != nil {
			return nil, err
		}
		list = append(list, blockersOf(node, look.pods, budgets, maxAge)...)
	}
	return list, nil
}

func blockersOf(node *corev1.Node, pods []*corev1.Pod, budgets []Budget, maxAge time.Duration) []Blocker {
	list := []Blocker{}
	if node.Annotations[keepAnnotation] == "true" {
		list = append(list, Blocker{Node: node.Name, What: "the node is annotated " + keepAnnotation, Pods: []string{}})
	}
	found := map[string]*Blocker{}
	for _, pod := range pods {
		what, ends := blocks(pod, budgets, maxAge)
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

// blocks says why a pod keeps its node, or "" if it does not, and when it should
// end by itself.
func blocks(pod *corev1.Pod, budgets []Budget, maxAge time.Duration) (what string, ends time.Time) {
	_, mirror := pod.Annotations[corev1.MirrorPodAnnotationKey]
	owner := workloadOf(pod)
	if mirror || finished(pod) || pod.DeletionTimestamp != nil || owner.Kind == "DaemonSet" && pod.Annotations[safeToEvict] != "false" {
		return "", time.Time{}
	}
	switch kind := cluster.KindOf(pod); {
	case kind == cluster.User:
		return "users who are still there", endsBy(kind, pod.CreationTimestamp.Time, maxAge)
	case kind == cluster.Build:
		return "builds that are still running", endsBy(kind, pod.CreationTimestamp.Time, maxAge)
	case pod.Annotations[safeToEvict] == "false":
		return "pods annotated " + safeToEvict + "=false", time.Time{}
	}
	for _, budget := range budgets {
		if budget.Allows <= 0 && budget.chooses(pod.Namespace, labels.Set(pod.Labels)) {
			return "pods whose disruption budget " + budget.String() + " allows no eviction", time.Time{}
		}
	}
	switch {
	case pod.Annotations[safeToEvict] == "true":
		return "", time.Time{}
	case owner.Kind == "":
		return "pods that nothing would make again", time.Time{}
	case localStorage(pod):
		return "pods with local storage that is not said to be safe to lose", time.Time{}
	case pod.Namespace == metav1.NamespaceSystem && !budgeted(pod, budgets):
		return "pods of kube-system without a disruption budget", time.Time{}
	}
	return "", time.Time{}
}

func budgeted(pod *corev1.Pod, budgets []Budget) bool {
	return slices.ContainsFunc(budgets, func(b Budget) bool { return b.chooses(pod.Namespace, labels.Set(pod.Labels)) })
}

// localStorage reports whether a pod has files on its node that it does not say
// may be lost.
func localStorage(pod *corev1.Pod) bool {
	safe := strings.Split(pod.Annotations[safeVolumes], ",")
	return slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool {
		return (v.EmptyDir != nil && v.EmptyDir.Medium != corev1.StorageMediumMemory || v.HostPath != nil) && !slices.Contains(safe, v.Name)
	})
}
