package pods

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// A user's pod is not started again when it fails, so it is no loop; and users
// run their pods out of memory all day. Many at once are another matter: those
// of one namespace or, sooner, those of one node. Neither limit was measured:
// they are set so that users' own failures stay below them at the rate of a busy
// hub, a dozen an hour.
const (
	burstWindow      = 10 * time.Minute
	burstOfNode      = 3
	burstOfNamespace = 5
	// And no less than this part of the users' pods there: one in twenty of a
	// node, one in fifty of a namespace, where thousands of users make failures
	// of their own more frequent.
	nodeShare      = 20
	namespaceShare = 50
)

// Burst is many users' pods that failed at about the same time.
type Burst struct {
	Namespace string      `json:"namespace"`
	Node      string      `json:"node"` // "" if they were on several
	Pods      []FailedPod `json:"pods"` // the latest first
	Log       Log         `json:"log"`  // of the latest
}

// FailedPod is a user's pod that failed.
type FailedPod struct {
	Name      string    `json:"name"`
	UID       types.UID `json:"uid"`
	Repo      string    `json:"repo"`
	Node      string    `json:"node"`
	Container string    `json:"container"` // "" if none is to blame, as after an eviction
	Reason    string    `json:"reason"`
	ExitCode  int       `json:"exitCode"`
	Signal    string    `json:"signal"`
	Failed    time.Time `json:"failedAt"`
}

// bursts finds the bursts among users' pods that failed: first those of one
// node, then what is left over the nodes of a namespace.
func (s *survey) bursts() []Burst {
	found := []Burst{}
	byNamespace := map[string][]patient{}
	for at, failed := range groupBy(s.failed, func(p patient) spot { return spot{p.namespace, p.node} }) {
		together, alone := split(failed, max(burstOfNode, s.users[at]/nodeShare))
		if len(together) > 0 && at.node != "" {
			found = append(found, newBurst(at, together))
		} else {
			alone = failed
		}
		byNamespace[at.namespace] = append(byNamespace[at.namespace], alone...)
	}
	users := map[string]int{}
	for at, n := range s.users {
		users[at.namespace] += n
	}
	for namespace, failed := range byNamespace {
		if together, _ := split(failed, max(burstOfNamespace, users[namespace]/namespaceShare)); len(together) > 0 {
			found = append(found, newBurst(spot{namespace: namespace}, together))
		}
	}
	slices.SortFunc(found, func(a, b Burst) int {
		return cmp.Or(cmp.Compare(len(b.Pods), len(a.Pods)), strings.Compare(a.Namespace+"/"+a.Node, b.Namespace+"/"+b.Node))
	})
	return found
}

func groupBy[K comparable, T any](list []T, key func(T) K) map[K][]T {
	groups := map[K][]T{}
	for _, one := range list {
		groups[key(one)] = append(groups[key(one)], one)
	}
	return groups
}

// split parts the pods that failed within one window with at least so many
// others, from those that did not.
func split(failed []patient, least int) (together, alone []patient) {
	failed = slices.Clone(failed)
	slices.SortFunc(failed, func(a, b patient) int { return a.failed.at.Compare(b.failed.at) })
	member := make([]bool, len(failed))
	for first, next := 0, 0; first < len(failed); first++ {
		for next < len(failed) && failed[next].failed.at.Sub(failed[first].failed.at) <= burstWindow {
			next++
		}
		if next-first >= least {
			for i := next - 1; i >= first && !member[i]; i-- {
				member[i] = true
			}
		}
	}
	for i, p := range failed {
		if member[i] {
			together = append(together, p)
		} else {
			alone = append(alone, p)
		}
	}
	return together, alone
}

func newBurst(at spot, failed []patient) Burst {
	b := Burst{Namespace: at.namespace, Node: at.node, Log: noLog()}
	for _, p := range slices.Backward(failed) {
		b.Pods = append(b.Pods, newFailedPod(p))
	}
	if nodes := groupBy(b.Pods, func(p FailedPod) string { return p.Node }); len(nodes) == 1 {
		b.Node = b.Pods[0].Node
	}
	return b
}

// Most is the most frequent value among the pods of a burst, and how many share
// it; of equals the first in the alphabet.
func (b Burst) Most(value func(FailedPod) string) (most string, pods int) {
	groups := groupBy(b.Pods, value)
	for _, one := range slices.Sorted(maps.Keys(groups)) {
		if len(groups[one]) > pods {
			most, pods = one, len(groups[one])
		}
	}
	return most, pods
}

// stricken are, where there is a burst, all users' pods of that namespace that
// failed lately. To count those of the burst alone as sick would choose them by
// their node, and then find that they share it.
func (s *survey) stricken(bursts []Burst) []patient {
	var list []patient
	for _, p := range s.failed {
		if slices.ContainsFunc(bursts, func(b Burst) bool { return b.Namespace == p.namespace }) {
			list = append(list, p)
		}
	}
	return list
}
