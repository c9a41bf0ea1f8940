package world

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// makeNamespaces makes the namespaces that the API server does not make itself,
// as old as the oldest node.
func (w *World) makeNamespaces() {
	names := []string{w.scenario.Namespace}
	var oldest time.Duration
	for _, pool := range w.scenario.Nodes {
		oldest = max(oldest, pool.Age.To)
	}
	for _, described := range w.scenario.Workloads {
		names = append(names, described.Namespace)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if name == corev1.NamespaceDefault || strings.HasPrefix(name, "kube-") {
			continue
		}
		made := &corev1.Namespace{
			ObjectMeta: w.meta("Namespace", "", name, w.ago(oldest)),
			Spec:       corev1.NamespaceSpec{Finalizers: []corev1.FinalizerName{corev1.FinalizerKubernetes}},
			Status:     corev1.NamespaceStatus{Phase: corev1.NamespaceActive},
		}
		made.Generation = 0
		made.Labels = map[string]string{corev1.LabelMetadataName: name}
		w.aged = append(w.aged, made)
	}
}
