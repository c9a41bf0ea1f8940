// Package pods lists and removes the pods a BinderHub makes: users' servers and
// image builds.
//
// Removal has two halves. PlanCull reads the cluster and decides which pods
// should go, and why each; Cull carries a plan out. A dry run is a plan that
// nobody carries out, so what it shows is what a real run would do.
package pods

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Pod is one pod, reduced to what binderctl shows and decides on. Nothing of a
// user's secrets is in it.
type Pod struct {
	Namespace string             `json:"namespace"`
	Name      string             `json:"name"`
	UID       types.UID          `json:"uid"`
	Kind      cluster.Kind       `json:"kind"`
	User      string             `json:"user"`      // as JupyterHub spells it; "" if nobody's
	Server    string             `json:"server"`    // which of the user's; "" is the default server
	Repo      string             `json:"repo"`      // "owner/name" on GitHub, else host and path; "" of the Hub's own pods
	RepoURL   string             `json:"repoURL"`   // "" unless the pod itself says it
	RepoFrom  cluster.RepoSource `json:"repoFrom"`  // what told the repository
	Image     string             `json:"image"`     // of the main container
	Phase     corev1.PodPhase    `json:"phase"`     // Kubernetes' own, coarse
	Status    string             `json:"status"`    // as kubectl shows it
	Ready     int                `json:"ready"`     // containers that are ready
	Total     int                `json:"total"`     // containers there are
	Restarts  int                `json:"restarts"`  // of all containers
	Node      string             `json:"node"`      // "" while it waits for one
	Deleting  bool               `json:"deleting"`  // somebody asked for it to go
	Created   time.Time          `json:"createdAt"` // by the API server's clock
	CPU       int64              `json:"cpuMillis"` // requested, in thousandths of a core
	Memory    int64              `json:"memoryBytes"`
}

// Age is how long ago the pod was created, whether or not it ever started. It
// is never negative, however the clocks differ.
func (p Pod) Age(now time.Time) time.Duration { return max(0, now.Sub(p.Created)) }

// Guessed reports whether the repository was not read from the pod but made
// out from a name.
func (p Pod) Guessed() bool {
	return p.RepoFrom == cluster.FromUsername || p.RepoFrom == cluster.FromImage
}

// reducer turns pods into rows. Equal texts are kept once: 20,000 pods share a
// few hundred nodes, images and repositories.
type reducer struct{ texts map[string]string }

func newReducer() *reducer { return &reducer{texts: map[string]string{}} }

func (r *reducer) reduce(pod *corev1.Pod) Pod {
	kind, repo := cluster.KindOf(pod), cluster.Repo{From: cluster.FromNothing}
	if !kind.Infrastructure() {
		repo = cluster.RepoOf(pod)
	}
	status := statusOf(pod)
	cpu, memory := requests(pod)
	return Pod{
		Namespace: r.once(pod.Namespace),
		Name:      pod.Name,
		UID:       pod.UID,
		Kind:      kind,
		User:      cluster.Username(pod),
		Server:    cluster.Servername(pod),
		Repo:      r.once(repo.Name),
		RepoURL:   r.once(repo.URL),
		RepoFrom:  repo.From,
		Image:     r.once(cluster.Image(pod)),
		Phase:     corev1.PodPhase(r.once(string(pod.Status.Phase))),
		Status:    r.once(status.text),
		Ready:     status.ready,
		Total:     status.total,
		Restarts:  status.restarts,
		Node:      r.once(pod.Spec.NodeName),
		Deleting:  pod.DeletionTimestamp != nil,
		Created:   pod.CreationTimestamp.UTC(),
		CPU:       cpu,
		Memory:    memory,
	}
}

func (r *reducer) once(text string) string {
	if kept, ok := r.texts[text]; ok {
		return kept
	}
	r.texts[text] = text
	return text
}

// requests is what the scheduler sets aside for a pod: thousandths of a core
// and bytes. Init containers are left out: BinderHub's do not outweigh the
// notebook.
func requests(pod *corev1.Pod) (cpuMillis, memoryBytes int64) {
	for i := range pod.Spec.Containers {
		wanted := pod.Spec.Containers[i].Resources.Requests
		cpuMillis += wanted.Cpu().MilliValue()
		memoryBytes += wanted.Memory().Value()
	}
	return cpuMillis, memoryBytes
}
