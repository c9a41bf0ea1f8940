package hub

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// UserPod is the pod of a user's server, reduced to what it is compared by.
type UserPod struct {
	Namespace string
	Name      string
	UID       types.UID
	Key
	Created time.Time
	Phase   corev1.PodPhase
	Ready   bool
	ReadyAt time.Time // when it first was; zero if it is not, or nothing tells
	EndedAt time.Time // when the last of its containers did, of one that has ended; zero if nothing tells
	GoneBy  time.Time // when it was to be gone, of one that was asked to go
	Held    string    // by these finalizers
	Node    string
	Repo    string // with a question mark if it is only guessed
	Doubt   string // why it may be no user's, or not this Hub's, or ""
	Release string // of the chart, whose Hub made it; "" if nothing tells
}

// deleting reports whether somebody asked for the pod to go.
func (p *UserPod) deleting() bool { return !p.GoneBy.IsZero() }

// ended reports whether the pod's containers have ended for good.
func (p *UserPod) ended() bool {
	return p.Phase == corev1.PodSucceeded || p.Phase == corev1.PodFailed
}

// Sighting is every user pod of a namespace at one time, by the API server's
// clock.
type Sighting struct {
	At   time.Time
	Pods []UserPod
}

// OfRelease is the same sighting as the Hub of a release has to be judged by: of the
// pods of another release, which another Hub made, nothing can be said by what this
// one knows. "" is any.
func (s Sighting) OfRelease(release string) Sighting {
	if release == "" {
		return s
	}
	for i := range s.Pods {
		if p := &s.Pods[i]; p.Doubt == "" && p.Release != "" && p.Release != release {
			p.Doubt = "it is of the release " + p.Release + ", and the Hub of " + release
		}
	}
	return s
}

// ReadUserPods reads the user pods of the client's namespace. The list is
// complete, or the error is not nil.
func ReadUserPods(ctx context.Context, c *cluster.Client) (Sighting, error) {
	sink := &podSink{}
	query := cluster.PodQuery{Namespace: c.Where.Namespace, Selector: cluster.UserSelector}
	if _, err := c.ReadPods(ctx, query, sink); err != nil {
		return Sighting{}, err
	}
	return Sighting{At: c.ServerNow(), Pods: sink.pods}, nil
}

// podSink reduces pods as they arrive. Texts that many share are kept once.
type podSink struct {
	pods  []UserPod
	texts map[string]string
}

// Reset forgets what was read.
func (s *podSink) Reset() { s.pods, s.texts = []UserPod{}, map[string]string{} }

// Add takes in a pod.
func (s *podSink) Add(pod *corev1.Pod) {
	p := UserPod{
		Namespace: s.once(pod.Namespace), Name: pod.Name, UID: pod.UID,
		Key:     Key{cluster.Username(pod), cluster.Servername(pod)},
		Created: pod.CreationTimestamp.UTC(),
		Phase:   corev1.PodPhase(s.once(string(pod.Status.Phase))),
		Ready:   cluster.PodReady(pod),
		Held:    strings.Join(pod.Finalizers, ", "),
		Node:    s.once(pod.Spec.NodeName),
		Repo:    s.once(repoShown(pod)),
		Doubt:   cluster.Doubt(pod),
		Release: s.once(pod.Labels[releaseLabel]),
	}
	if p.Doubt == "" && !askable(p.User) {
		p.Doubt = fmt.Sprintf("nobody can ask the Hub about a user %q", p.User)
	}
	if p.Ready {
		p.ReadyAt = readyAt(pod)
	}
	if p.ended() {
		p.EndedAt = endedAt(pod)
	}
	if pod.DeletionTimestamp != nil {
		p.GoneBy = pod.DeletionTimestamp.UTC()
	}
	s.pods = append(s.pods, p)
}

func (s *podSink) once(text string) string {
	if kept, ok := s.texts[text]; ok {
		return kept
	}
	s.texts[text] = text
	return text
}

func repoShown(pod *corev1.Pod) string {
	repo := cluster.RepoOf(pod)
	switch {
	case repo.Certain():
		return repo.Name
	case repo.From == cluster.FromNothing:
		return ""
	default:
		return repo.Name + "?"
	}
}

// readyAt is when a pod that is ready first was: when the last of its containers
// began, as KubeSpawner gives them no readiness probe. (The condition would tell
// when it last changed, which it also does when a node is away for a while.)
// Nothing tells it of a pod whose container was started again.
func readyAt(pod *corev1.Pod) time.Time {
	var last time.Time
	for i := range pod.Status.ContainerStatuses {
		status := &pod.Status.ContainerStatuses[i]
		if status.RestartCount > 0 || status.State.Running == nil {
			return time.Time{}
		}
		if began := status.State.Running.StartedAt.UTC(); began.After(last) {
			last = began
		}
	}
	return last
}

// endedAt is when the last container of a pod that has ended did.
func endedAt(pod *corev1.Pod) time.Time {
	var last time.Time
	for i := range pod.Status.ContainerStatuses {
		if ended := pod.Status.ContainerStatuses[i].State.Terminated; ended != nil && ended.FinishedAt.UTC().After(last) {
			last = ended.FinishedAt.UTC()
		}
	}
	return last
}

// Started is when a hub pod's container last began to run, by its kubelet's
// clock; when the pod was made, if nothing tells.
func Started(pod *corev1.Pod) time.Time {
	began := pod.CreationTimestamp.UTC()
	for i := range pod.Status.ContainerStatuses {
		if running := pod.Status.ContainerStatuses[i].State.Running; running != nil {
			began = slices.MaxFunc([]time.Time{began, running.StartedAt.UTC()}, time.Time.Compare)
		}
	}
	return began
}
