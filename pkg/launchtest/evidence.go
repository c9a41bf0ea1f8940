package launchtest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Evidence is what the cluster tells of a launch's pod.
type Evidence struct {
	Namespace  string              `json:"namespace"`
	Pod        string              `json:"pod"`  // "" if none was found
	Node       string              `json:"node"` // "" if it was on none, or that is not known
	Phase      string              `json:"phase"`
	Reason     string              `json:"reason"` // why it is as it is, if the pod says so
	Containers []cluster.Container `json:"containers"`
	Events     []PodEvent          `json:"events"` // oldest first
	Suspicion  *Suspicion          `json:"suspicion"`
	Missing    []string            `json:"missing"` // what could not be read, and why
}

// PodEvent is what Kubernetes reports of a pod.
type PodEvent struct {
	At      time.Time `json:"at"` // the last time
	Type    string    `json:"type"`
	Reason  string    `json:"reason"`
	Message string    `json:"message"`
	Times   int       `json:"times"`
}

// Suspicion is what speaks against the node of a launch's pod.
type Suspicion struct {
	Unhealthy bool    `json:"unhealthy"`
	Score     float64 `json:"score"`
	Reason    string  `json:"reason"`
}

// clockSlack is how far the clocks of this machine and of the API server may be
// apart, and what is lost because objects are dated in whole seconds.
const clockSlack = 5 * time.Second

// Gather looks in the cluster for the pod of a launch that broke: by its user's
// name, else, if the BinderHub is known to be the cluster's own, as the only pod
// that has come for the repository since the launch began. The pod may be gone
// already; events tell of it for an hour.
func Gather(ctx context.Context, c *cluster.Client, l Launch, own bool) *Evidence {
	e := &Evidence{Namespace: c.Where.Namespace, Containers: []cluster.Container{}, Events: []PodEvent{}, Missing: []string{}}
	since := l.Began.Add(-c.ClockSkew()).Add(-clockSlack)
	found := &podSink{user: l.User, since: since}
	if l.User == "" && own {
		found.repo, _ = cluster.ParseRepoPattern(plainName(l.Repo))
	}
	query := cluster.PodQuery{Namespace: e.Namespace, Selector: cluster.UserSelector, Detail: true}
	switch _, err := c.ReadPods(ctx, query, found); {
	case err != nil:
		e.Missing = append(e.Missing, err.Error())
	case found.pods > 1:
		e.Missing = append(e.Missing, "several pods may be the launch's, so none is shown")
	case found.pods == 1:
		e.Pod, e.Node, e.Phase, e.Reason = found.name, found.node, found.phase, found.reason
		e.Containers = found.containers
	}
	e.readEvents(ctx, c, l.User, since)
	return e
}

// plainName is a repository's name, of what BinderHub is asked for.
func plainName(repo string) string {
	provider, spec, _ := strings.Cut(repo, "/")
	parts := strings.SplitN(spec, "/", 3)
	if provider != gitHub || len(parts) < 2 {
		return ""
	}
	return parts[0] + "/" + parts[1]
}

// podSink finds the pod of one user, or those of a repository.
type podSink struct {
	user  string
	repo  cluster.RepoPattern
	since time.Time

	pods                      int
	name, node, phase, reason string
	containers                []cluster.Container
}

func (s *podSink) Reset() { s.pods = 0 }

func (s *podSink) Add(pod *corev1.Pod) {
	switch {
	case s.user != "" && cluster.Username(pod) != s.user:
		return
	case s.user == "" && (s.repo.IsZero() || pod.CreationTimestamp.Time.Before(s.since) || !s.repo.Match(cluster.RepoOf(pod))):
		return
	}
	if s.user == "" && isReady(pod) { // somebody else's: this launch broke before that
		return
	}
	s.pods++
	s.name, s.node, s.phase = pod.Name, pod.Spec.NodeName, string(pod.Status.Phase)
	s.reason = strings.TrimSpace(pod.Status.Reason + " " + pod.Status.Message)
	s.containers = cluster.Containers(pod)
}

func isReady(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// readEvents reads what was reported of the pod, or, if it is gone, of one that
// by its name was the user's.
func (e *Evidence) readEvents(ctx context.Context, c *cluster.Client, user string, since time.Time) {
	if e.Pod == "" && user == "" {
		return
	}
	sink := &eventSink{pod: e.Pod, user: strings.ToLower(user), since: since}
	if err := c.ReadEvents(ctx, e.Namespace, "involvedObject.kind=Pod", sink); err != nil {
		e.Missing = append(e.Missing, err.Error())
		return
	}
	slices.SortStableFunc(sink.events, compareEvents)
	e.Events = append(e.Events, sink.events...)
	e.Pod, e.Node = cmp.Or(e.Pod, sink.found), cmp.Or(e.Node, sink.node)
}

// compareEvents sorts by time, and what is told of the same second by what it
// tells: first that there is a node.
func compareEvents(a, b PodEvent) int {
	if at := a.At.Truncate(time.Second).Compare(b.At.Truncate(time.Second)); at != 0 {
		return at
	}
	told := func(event PodEvent) int {
		if event.Reason == "Scheduled" {
			return slices.Index(Stages(), Schedule)
		}
		return slices.Index(Stages(), stageOfLaunch(event.Message, Spawn))
	}
	return told(a) - told(b)
}

type eventSink struct {
	pod, user string
	since     time.Time

	found, node string
	events      []PodEvent
}

func (s *eventSink) Reset() { s.events, s.found, s.node = nil, "", "" }

func (s *eventSink) Add(event *corev1.Event) {
	name := event.InvolvedObject.Name
	if s.pod != "" && name != s.pod || s.pod == "" && !podOfUser(name, s.user) {
		return
	}
	_, last := cluster.EventSpan(event)
	if last.Before(s.since) {
		return
	}
	s.found = name
	s.node = cmp.Or(event.Source.Host, s.node)
	s.events = append(s.events, PodEvent{
		At: last, Type: event.Type, Reason: event.Reason, Message: cut(event.Message, mostSaid), Times: cluster.EventTimes(event),
	})
}

// podOfUser reports whether a pod has the name that KubeSpawner gives a user's,
// by the rules of version 7 or by those before: dashes are "-2d" there.
func podOfUser(pod, user string) bool {
	rest, ok := strings.CutPrefix(pod, "jupyter-")
	return ok && user != "" && (rest == user || rest == strings.ReplaceAll(user, "-", "-2d"))
}
