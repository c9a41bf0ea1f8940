package pods

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Cost is what carrying out a plan means: for the users, and for the cluster.
type Cost struct {
	Users    int        `json:"users"`     // people who lose a running server
	Waiting  int        `json:"waiting"`   // people who wait for one that never started
	OfUsers  int        `json:"ofUsers"`   // people with or waiting for a server, all told
	OfPods   int        `json:"ofPods"`    // pods of the kind, all told
	ByRepo   []RepoCost `json:"byRepo"`    // most pods first
	Emptied  []string   `json:"emptied"`   // nodes left without such pods
	CPU      int64      `json:"cpuMillis"` // requests given back to the nodes
	Memory   int64      `json:"memoryBytes"`
	PodSlots int        `json:"podSlots"` // pods that no longer count on a node
}

// RepoCost is the part of the cost that one repository's users bear.
type RepoCost struct {
	Repo   string    `json:"repo"`
	Pods   int       `json:"pods"`
	Users  int       `json:"users"` // with a running server
	Oldest time.Time `json:"oldestAt"`
}

// occupied reports whether somebody uses the pod or waits for it.
func (p Pod) occupied() bool {
	return p.Kind == cluster.User && !p.Deleting && !p.finished()
}

// finished reports whether the pod's containers have ended for good; then it
// holds nothing on its node.
func (p Pod) finished() bool {
	return p.Phase == corev1.PodSucceeded || p.Phase == corev1.PodFailed
}

// Share is the part of the users, 0 to 1, who lose a server or their turn.
func (c Cost) Share() float64 {
	if c.OfUsers == 0 {
		return 0
	}
	return float64(c.Users+c.Waiting) / float64(c.OfUsers)
}

func costOf(victims []Victim, all census) Cost {
	cost := Cost{OfUsers: all.users, OfPods: all.pods}
	left := maps.Clone(all.onNode)
	byRepo := map[string]*RepoCost{}
	for _, v := range victims {
		repo, ok := byRepo[strings.ToLower(v.Repo)]
		if !ok {
			repo = &RepoCost{Repo: v.Repo, Oldest: v.Created} // victims come oldest first
			byRepo[strings.ToLower(v.Repo)] = repo
		}
		repo.Pods++
		switch {
		case v.occupied() && v.Phase == corev1.PodRunning:
			cost.Users++
			repo.Users++
		case v.occupied():
			cost.Waiting++
		}
		if v.Node != "" {
			left[v.Node]--
		}
		if v.Node != "" && !v.finished() {
			cost.CPU += v.CPU
			cost.Memory += v.Memory
			cost.PodSlots++
		}
	}
	cost.Emptied = []string{}
	for _, node := range slices.Sorted(maps.Keys(left)) {
		if left[node] == 0 {
			cost.Emptied = append(cost.Emptied, node)
		}
	}
	cost.ByRepo = make([]RepoCost, 0, len(byRepo))
	for _, repo := range byRepo {
		cost.ByRepo = append(cost.ByRepo, *repo)
	}
	slices.SortFunc(cost.ByRepo, func(a, b RepoCost) int {
		return cmp.Or(cmp.Compare(b.Pods, a.Pods), strings.Compare(a.Repo, b.Repo))
	})
	return cost
}
