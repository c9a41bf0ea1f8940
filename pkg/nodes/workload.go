package nodes

import (
	"cmp"
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Workload is what pods run for: a Deployment, a StatefulSet or whatever else
// makes them or, where nothing does, a Service that sends requests to them.
type Workload struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// compare orders workloads for people.
func (w Workload) compare(other Workload) int {
	return cmp.Or(strings.Compare(w.Namespace, other.Namespace), strings.Compare(w.Name, other.Name), strings.Compare(w.Kind, other.Kind))
}

// workloadOf is what made a pod; its kind is "" if nothing did.
func workloadOf(pod *corev1.Pod) Workload {
	owner := cluster.OwnerOf(pod)
	if owner.Kind == "" {
		return Workload{}
	}
	return Workload{owner.Kind, pod.Namespace, owner.Name}
}

// serves reports whether a pod of this workload is part of a service that should
// always be there, as jobs are not, and which may move, as what belongs to its
// node may not.
func (w Workload) serves() bool {
	switch w.Kind {
	case "", "Job", "CronJob", "DaemonSet", cluster.StaticPod:
		return false
	default:
		return true
	}
}

// homes is the sink that notes where the pods of each workload are: on nodes
// that are, or are to be, closed to new pods, or elsewhere.
type homes struct {
	closed  map[string]bool // nodes
	inside  map[Workload]bool
	outside map[Workload]bool
	bare    []barePod
}

// barePod is a pod that nothing made and no user or build owns.
type barePod struct {
	namespace string
	labels    labels.Set
	inside    bool
}

// Reset forgets what was read.
func (h *homes) Reset() {
	h.inside, h.outside, h.bare = map[Workload]bool{}, map[Workload]bool{}, nil
}

// Add takes in a pod.
func (h *homes) Add(pod *corev1.Pod) {
	if pod.Spec.NodeName == "" || pod.DeletionTimestamp != nil || finished(pod) {
		return
	}
	inside := h.closed[pod.Spec.NodeName]
	workload := workloadOf(pod)
	kind := cluster.KindOf(pod)
	switch {
	case kind == cluster.User, kind == cluster.Build:
	case workload.serves() && inside:
		h.inside[workload] = true
	case workload.serves():
		h.outside[workload] = true
	case workload.Kind == "":
		h.bare = append(h.bare, barePod{pod.Namespace, labels.Set(pod.Labels), inside})
	}
}

// finished reports whether a pod's containers have ended for good.
func finished(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// stranded lists the workloads all of whose pods are on closed nodes.
func (h *homes) stranded() []Workload {
	list := []Workload{}
	for workload := range h.inside {
		if !h.outside[workload] {
			list = append(list, workload)
		}
	}
	slices.SortFunc(list, Workload.compare)
	return list
}

// strandedServices lists the Services that send to bare pods, if all of their
// pods are on closed nodes.
func (h *homes) strandedServices(ctx context.Context, c *cluster.Client) ([]Workload, error) {
	list := []Workload{}
	if !slices.ContainsFunc(h.bare, func(p barePod) bool { return p.inside }) {
		return list, nil
	}
	services, err := c.Kube.CoreV1().Services("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return list, err
	}
	for i := range services.Items {
		service := &services.Items[i]
		if len(service.Spec.Selector) == 0 || !h.bareInside(service) {
			continue
		}
		elsewhere, err := h.servedElsewhere(ctx, c, service)
		if err != nil {
			return list, err
		}
		if !elsewhere {
			list = append(list, Workload{"Service", service.Namespace, service.Name})
		}
	}
	return list, nil
}

// bareInside reports whether a service sends to bare pods, all on closed nodes.
func (h *homes) bareInside(service *corev1.Service) bool {
	selector := labels.SelectorFromSet(service.Spec.Selector)
	found := false
	for _, pod := range h.bare {
		if pod.namespace != service.Namespace || !selector.Matches(pod.labels) {
			continue
		}
		if !pod.inside {
			return false
		}
		found = true
	}
	return found
}

// servedElsewhere reports whether a service has pods of any sort on nodes that
// stay open. Few services have bare pods, so a list for each is no burden.
func (h *homes) servedElsewhere(ctx context.Context, c *cluster.Client, service *corev1.Service) (bool, error) {
	others := &homes{closed: h.closed}
	query := cluster.PodQuery{Namespace: service.Namespace, Selector: labels.SelectorFromSet(service.Spec.Selector).String()}
	if _, err := c.ReadPods(ctx, query, others); err != nil {
		return false, err
	}
	return len(others.outside) > 0, nil
}
