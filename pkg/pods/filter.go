package pods

import (
	"path"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Group is a choice of kinds of pod, as an operator makes it.
type Group string

// The groups of kinds.
const (
	Users  Group = "user"  // users' servers
	Builds Group = "build" // image builds
	Hubs   Group = "hub"   // what keeps the service running: hub, proxy, binder, …
	All    Group = "all"   // every pod there is
)

// Groups lists the groups, for help and completion.
func Groups() []Group { return []Group{Users, Builds, Hubs, All} }

func (g Group) has(kind cluster.Kind) bool {
	switch g {
	case Users:
		return kind == cluster.User
	case Builds:
		return kind == cluster.Build
	case Hubs:
		return kind.Infrastructure()
	default:
		return true
	}
}

// selector narrows a list on the server, where labels can say it.
func (g Group) selector() string {
	switch g {
	case Users:
		return cluster.UserSelector
	case Builds:
		return cluster.BuildSelector
	default:
		return ""
	}
}

// Filter chooses pods. Each field that is set narrows the choice; the zero
// Filter chooses all.
type Filter struct {
	Group       Group
	OlderThan   time.Duration // this age or more
	YoungerThan time.Duration // less than this age
	Repos       []cluster.RepoPattern
	Phases      []corev1.PodPhase
	Statuses    []string // as shown, in any case
	Nodes       []string
	Name        string // a glob
	Labels      labels.Selector
}

// choose reports whether f chooses the pod, of which row is the reduction.
func (f Filter) choose(pod *corev1.Pod, row Pod, now time.Time) bool {
	age := row.Age(now)
	switch {
	case !f.Group.has(row.Kind),
		age < f.OlderThan,
		f.YoungerThan > 0 && age >= f.YoungerThan,
		len(f.Phases) > 0 && !slices.Contains(f.Phases, row.Phase),
		len(f.Statuses) > 0 && !slices.ContainsFunc(f.Statuses, func(s string) bool { return strings.EqualFold(s, row.Status) }),
		len(f.Nodes) > 0 && !slices.Contains(f.Nodes, row.Node),
		f.Name != "" && !matchName(f.Name, row.Name),
		f.Labels != nil && !f.Labels.Matches(labels.Set(pod.Labels)),
		len(f.Repos) > 0 && !f.wantsRepo(row):
		return false
	}
	return true
}

func (f Filter) wantsRepo(row Pod) bool {
	repo := row.repo()
	return slices.ContainsFunc(f.Repos, func(p cluster.RepoPattern) bool { return p.MightMatch(repo) })
}

func (p Pod) repo() cluster.Repo {
	return cluster.Repo{Name: p.Repo, URL: p.RepoURL, From: p.RepoFrom}
}

// matchName reports whether a pod's name matches a glob. The glob was checked
// when it was given; one that is malformed matches nothing.
func matchName(glob, name string) bool {
	matched, err := path.Match(glob, name)
	return err == nil && matched
}

// query is the part of f that the server can do, which saves reading the rest.
func (f Filter) query(namespace string) cluster.PodQuery {
	q := cluster.PodQuery{Namespace: namespace, Selector: f.Group.selector()}
	if f.Labels != nil && !f.Labels.Empty() {
		q.Selector = join(q.Selector, f.Labels.String())
	}
	if len(f.Nodes) == 1 {
		q.Fields = fields.OneTermEqualSelector("spec.nodeName", f.Nodes[0]).String()
	}
	if len(f.Phases) == 1 {
		q.Fields = join(q.Fields, fields.OneTermEqualSelector("status.phase", string(f.Phases[0])).String())
	}
	return q
}

func join(terms ...string) string {
	return strings.Join(slices.DeleteFunc(terms, func(s string) bool { return s == "" }), ",")
}
