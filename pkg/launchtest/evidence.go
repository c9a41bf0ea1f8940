package launchtest

import (
	"cmp"
	"context"
	"net/url"
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

// Gatherer looks in the cluster for the pods of launches that broke. It may be
// asked about many at once.
type Gatherer struct {
	client *cluster.Client
	own    bool // the BinderHub is the cluster's own
	users  crowd[corev1.Pod]
	builds crowd[corev1.Pod]
	events crowd[corev1.Event]
}

// NewGatherer prepares to look in the client's namespace. own says that the
// BinderHub that is launched from is known to be there.
func NewGatherer(c *cluster.Client, own bool) *Gatherer {
	pods := func(selector string) crowd[corev1.Pod] {
		query := cluster.PodQuery{Namespace: c.Where.Namespace, Selector: selector, Detail: true}
		return crowd[corev1.Pod]{read: func(ctx context.Context, sink cluster.PodSink) error {
			_, err := c.ReadPods(ctx, query, sink)
			return err
		}}
	}
	return &Gatherer{
		client: c, own: own, users: pods(cluster.UserSelector), builds: pods(cluster.BuildSelector),
		events: crowd[corev1.Event]{read: func(ctx context.Context, sink cluster.Sink[corev1.Event]) error {
			return c.ReadEvents(ctx, c.Where.Namespace, "involvedObject.kind=Pod", sink)
		}},
	}
}

// Gather looks for the pod of a launch that broke: by its user's name, else, if
// the BinderHub is the cluster's own, as the only pod that has come for the
// repository since the launch began. Of a launch that broke while its image was
// built it is the pod of the build. The pod may be gone already; events tell of it
// for an hour.
func (g *Gatherer) Gather(ctx context.Context, l Launch) *Evidence {
	e := &Evidence{Namespace: g.client.Where.Namespace, Containers: []cluster.Container{}, Events: []PodEvent{}, Missing: []string{}}
	since := l.Began.Add(-g.client.ClockSkew()).Add(-clockSlack)
	from, found := &g.users, &podSink{}
	switch name := plainName(l.Repo); {
	case l.Stage().building():
		from = &g.builds
		if g.own && name != "" {
			found.wants = buildOf(name, since)
		}
	case l.User != "" || l.pod != "":
		found.wants = l.known()
	case g.own && name != "":
		found.wants = launchOf(name, since)
	}
	if found.wants != nil {
		e.takePod(found, from.join(ctx, found))
	}
	g.readEvents(ctx, e, l.User, since)
	return e
}

// takePod takes in the pod that was found, if it is one.
func (e *Evidence) takePod(found *podSink, err error) {
	switch {
	case err != nil:
		e.Missing = append(e.Missing, err.Error())
	case len(found.pods) > 1:
		e.Missing = append(e.Missing, "several pods may be the launch's, so none is shown")
	case len(found.pods) == 1:
		pod := found.pods[0]
		e.Pod, e.Node, e.Phase, e.Reason, e.Containers = pod.name, pod.node, pod.phase, pod.reason, pod.containers
	}
}

// plainName is a repository's name as pods tell it, of what BinderHub is asked
// for; "" where that does not say it.
func plainName(repo string) string {
	provider, spec, _ := strings.Cut(repo, "/")
	parts := strings.SplitN(spec, "/", 3)
	switch {
	case provider == gitHub && len(parts) > 1:
		return parts[0] + "/" + parts[1]
	case provider == anyGit:
		address, err := url.PathUnescape(parts[0])
		name, onGitHub := strings.CutPrefix(address, "https://github.com/")
		if err == nil && onGitHub {
			return strings.TrimSuffix(name, ".git")
		}
	}
	return ""
}

// launchOf chooses the pods that have come for a repository since a launch of it
// began. One that is ready is somebody else's: this launch broke before that.
func launchOf(name string, since time.Time) func(*corev1.Pod) bool {
	repo, err := cluster.ParseRepoPattern(name)
	return func(pod *corev1.Pod) bool {
		return err == nil && !pod.CreationTimestamp.Time.Before(since) && repo.Match(cluster.RepoOf(pod)) && !cluster.PodReady(pod)
	}
}

// buildOf chooses the pods that build a repository, by the very spelling of its
// name, as each has an image of its own. A build that goes on may have begun for
// another launch.
func buildOf(name string, since time.Time) func(*corev1.Pod) bool {
	return func(pod *corev1.Pod) bool {
		active := pod.Status.Phase == corev1.PodPending || pod.Status.Phase == corev1.PodRunning
		return cluster.RepoOf(pod).Name == name && (active || !pod.CreationTimestamp.Time.Before(since))
	}
}

// podSink finds the pods that may be a launch's.
type podSink struct {
	wants func(*corev1.Pod) bool
	pods  []podSeen
}

// podSeen is what is kept of one.
type podSeen struct {
	name, node, phase, reason string
	containers                []cluster.Container
	ready                     time.Time // since when, by the server's clock; zero if it is not
}

func (s *podSink) Reset() { s.pods = nil }

func (s *podSink) Add(pod *corev1.Pod) {
	if !s.wants(pod) {
		return
	}
	s.pods = append(s.pods, podSeen{
		name: pod.Name, node: pod.Spec.NodeName, phase: string(pod.Status.Phase),
		reason:     strings.TrimSpace(pod.Status.Reason + " " + pod.Status.Message),
		containers: cluster.Containers(pod), ready: readySince(pod),
	})
}

// readEvents reads what was reported of the pod, or, if it is gone, of one that
// by its name was the user's.
func (g *Gatherer) readEvents(ctx context.Context, e *Evidence, user string, since time.Time) {
	if e.Pod == "" && user == "" {
		return
	}
	sink := &eventSink{pod: e.Pod, user: strings.ToLower(user), since: since}
	if err := g.events.join(ctx, sink); err != nil {
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
