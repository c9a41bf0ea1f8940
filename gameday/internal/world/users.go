package world

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

type repo struct {
	binderhub.Repo
	weight int
}

// user is a user pod before it is made.
type user struct {
	group *scenario.UserPods
	repo  binderhub.Repo
	age   time.Duration
	node  *node
	ip    string
	why   string // it has no node
	index int
}

type build struct {
	group *scenario.BuildPods
	repo  binderhub.Repo
	age   time.Duration
	node  *node
	ip    string
}

func (w *World) makeRepos() {
	for i, described := range w.scenario.Repos {
		made := binderhub.Repo{
			URL: described.URL, Ref: described.Ref, Image: described.Image,
			Commit: binderhub.Hex(w.random("repo/"+described.URL, i), 40),
		}
		made.Image = cmp.Or(made.Image, binderhub.Image(w.scenario.ImagePrefix, made))
		w.repos = append(w.repos, repo{made, described.Weight})
	}
}

// deal gives n pods their repos: all that of the URL, or shares by weight, well
// mixed so that a repo's pods have all ages.
func (w *World) deal(what, url string, group, n int) []binderhub.Repo {
	dealt := make([]binderhub.Repo, 0, n)
	total := 0
	for _, repo := range w.repos {
		if repo.URL == url {
			return slices.Repeat([]binderhub.Repo{repo.Repo}, n)
		}
		total += repo.weight
	}
	sum := 0
	for _, repo := range w.repos {
		sum += repo.weight
		for len(dealt) < (n*sum+total/2)/total {
			dealt = append(dealt, repo.Repo)
		}
	}
	w.random("deal/"+what, group).Shuffle(n, func(i, j int) { dealt[i], dealt[j] = dealt[j], dealt[i] })
	return dealt
}

// makeUsers places the user pods, the oldest first: they came first.
func (w *World) makeUsers() error {
	for g := range w.scenario.UserPods {
		group := &w.scenario.UserPods[g]
		repos := w.deal("userPods", group.Repo, g, group.Count)
		for i := range group.Count {
			w.users = append(w.users, user{
				group: group, repo: repos[i], age: group.Age.At(i, group.Count), index: len(w.users),
			})
		}
	}
	slices.SortStableFunc(w.users, func(a, b user) int { return cmp.Compare(b.age, a.age) })
	var pending []*user
	for i := range w.users {
		u := &w.users[i]
		if u.group.Phase == corev1.PodPending && u.group.Waiting == "" {
			pending = append(pending, u)
			continue
		}
		var err error
		if u.node, err = w.place(w.needOfUser(u)); err != nil {
			return fmt.Errorf("place %s user pod of %s: %w", u.group.Phase, u.repo.URL, err)
		}
		u.ip = w.ip()
	}
	for _, u := range pending {
		n := w.needOfUser(u)
		if err := w.mustNotFit(n); err != nil {
			return fmt.Errorf("leave user pod of %s Pending: %w", u.repo.URL, err)
		}
		u.why = w.why(n)
	}
	return nil
}

func (w *World) needOfUser(u *user) need {
	n := needOf(requests(u.group.Requests))
	if ended(u.group.Phase) {
		n = need{ended: true}
	}
	n.purpose, n.pool, n.created = "user", u.group.Pool, w.ago(u.age)
	n.tolerations = binderhub.Dedicated("user")
	return n
}

// ended says whether a pod of the phase needs its node no more.
func ended(phase corev1.PodPhase) bool {
	return phase == corev1.PodSucceeded || phase == corev1.PodFailed
}

func requests(described *scenario.Requests) corev1.ResourceList {
	if described == nil {
		return binderhub.DefaultRequests()
	}
	list := corev1.ResourceList{}
	if !described.CPU.IsZero() {
		list[corev1.ResourceCPU] = described.CPU.Quantity
	}
	if !described.Memory.IsZero() {
		list[corev1.ResourceMemory] = described.Memory.Quantity
	}
	return list
}

func (w *World) hub(kubespawner string) binderhub.Hub {
	return binderhub.Hub{Namespace: w.scenario.Namespace, Release: w.scenario.Release, Kubespawner: kubespawner}
}

func (w *World) userPod(i int) *corev1.Pod {
	u := w.users[i]
	random := w.random("user", u.index)
	session := binderhub.Session{
		Repo: u.repo, User: binderhub.UserName(u.repo, random), Created: w.ago(u.age), IP: u.ip,
		Phase: u.group.Phase, Reason: u.group.Reason, Waiting: u.group.Waiting, Lasted: time.Duration(u.group.Lasted),
		Requests: requests(u.group.Requests), Scheduling: u.why,
	}
	if u.node != nil {
		session.Node = u.node.Name
	}
	pod := w.hub(u.group.Kubespawner).UserPod(session, random)
	pod.UID = w.uid("Pod", pod.Namespace, pod.Name)
	pod.Finalizers = u.group.Finalizers
	if u.group.StartsIn > 0 {
		delete(pod.Annotations, binderhub.KeepPending)
		pod.Annotations[binderhub.StartsIn] = time.Duration(u.group.StartsIn).String()
	}
	if u.group.NoStartTime {
		pod.Status.StartTime = nil
	}
	if since := time.Duration(u.group.TerminatingFor); since > 0 {
		deleted := metav1.NewTime(w.ago(since))
		pod.DeletionTimestamp, pod.DeletionGracePeriodSeconds = &deleted, new(int64(1))
	}
	return pod
}

func (w *World) makeBuilds() error {
	for g := range w.scenario.BuildPods {
		group := &w.scenario.BuildPods[g]
		repos := w.deal("buildPods", group.Repo, g, group.Count)
		for i := range group.Count {
			made := build{group: group, repo: repos[i], age: group.Age.At(i, group.Count)}
			n := needOf(requests(group.Requests))
			if ended(group.Phase) {
				n = need{ended: true}
			}
			n.purpose, n.pool, n.tolerations = "user", group.Pool, binderhub.Dedicated("user")
			n.created = w.ago(made.age)
			var err error
			if made.node, err = w.place(n); err != nil {
				return fmt.Errorf("place build pod of %s: %w", made.repo.URL, err)
			}
			made.ip = w.ip()
			w.builds = append(w.builds, made)
		}
	}
	return nil
}

func (w *World) buildPod(i int) *corev1.Pod {
	b := w.builds[i]
	pod := w.hub(w.scenario.Kubespawner).BuildPod(binderhub.Build{
		Repo: b.repo, Number: i + 1, Created: w.ago(b.age), Node: b.node.Name, IP: b.ip,
		Phase: b.group.Phase, Reason: b.group.Reason, Lasted: time.Duration(b.group.Lasted), Requests: requests(b.group.Requests),
	}, w.random("build", i))
	pod.UID = w.uid("Pod", pod.Namespace, pod.Name)
	return pod
}
