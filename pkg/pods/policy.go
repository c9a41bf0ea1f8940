package pods

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Policy says which pods have outstayed their welcome. A pod goes when every
// part of the policy agrees; nothing that is not positively a user's server
// (or, with Builds, a build) ever does.
type Policy struct {
	// OlderThan is the age from which pods go. nil spares every repository that
	// is not in Repos.
	OlderThan *Age `json:"olderThanSeconds,omitempty"`
	// Repos gives repositories an age of their own; of several that fit, the
	// last counts. A pod whose repository is only guessed is never deleted for
	// its sake.
	Repos []RepoAge `json:"repos,omitempty"`

	Phases []corev1.PodPhase `json:"phases,omitempty"`
	Nodes  []string          `json:"nodes,omitempty"`
	Name   string            `json:"name,omitempty"` // a glob
	Labels string            `json:"labels,omitempty"`

	Builds bool `json:"builds,omitempty"` // builds instead of users' servers
	Limit  int  `json:"limit,omitempty"`  // this many, oldest first; 0 is all
	// Terminating also takes pods that are already being deleted, which only
	// makes sense to delete by force.
	Terminating bool `json:"terminating,omitempty"`
}

// RepoAge is the age from which pods of some repositories go.
type RepoAge struct {
	Repo      cluster.RepoPattern `json:"repo"`
	OlderThan Age                 `json:"olderThanSeconds"`
}

// Age is a span of time that is seconds in JSON and "6h" to people.
type Age time.Duration

// String is the age as a person would write it.
func (a Age) String() string { return model.Duration(a).String() }

// MarshalJSON writes whole seconds.
func (a Age) MarshalJSON() ([]byte, error) {
	return json.Marshal(int64(time.Duration(a) / time.Second))
}

// maxAge is as long as a time.Duration can be.
const maxAge = time.Duration(math.MaxInt64)

// UnmarshalJSON reads whole seconds.
func (a *Age) UnmarshalJSON(text []byte) error {
	var seconds int64
	if err := json.Unmarshal(text, &seconds); err != nil {
		return err
	}
	switch {
	case seconds < 0:
		return fmt.Errorf("age of %d seconds is negative", seconds)
	case seconds > int64(maxAge/time.Second):
		return fmt.Errorf("age of %d seconds is beyond %d years", seconds, maxAge/(365*24*time.Hour))
	}
	*a = Age(time.Duration(seconds) * time.Second)
	return nil
}

// group is what to list: everything of the kind, so that the plan can say what
// is left.
func (p Policy) group() Group {
	if p.Builds {
		return Builds
	}
	return Users
}

// Reasons for which pods are spared.
const (
	spareDoubt       = "not certainly %s: %s"
	spareKind        = "of another kind"
	spareTerminating = "already terminating"
	spareAge         = "younger than %s"
	spareRepo        = "of other repositories"
	spareGuess       = "repository only guessed"
	sparePhase       = "in other phases"
	spareNode        = "on other nodes"
	spareName        = "of other names"
	spareLabels      = "with other labels"
	spareLimit       = "over the limit"
)

// judge decides about one pod, of which row is the reduction. It says why the
// pod goes or, if spare is not empty, why it stays.
func (p Policy) judge(pod *corev1.Pod, row Pod, selector labels.Selector, now time.Time) (reason, spare string) {
	if doubt := cluster.Doubt(pod); doubt != "" {
		return "", fmt.Sprintf(spareDoubt, article(p.group()), doubt)
	}
	switch {
	case !p.group().has(row.Kind):
		return "", spareKind
	case pod.DeletionTimestamp != nil && !p.Terminating:
		return "", spareTerminating
	case len(p.Nodes) > 0 && !slices.Contains(p.Nodes, row.Node):
		return "", spareNode
	case p.Name != "" && !matchName(p.Name, row.Name):
		return "", spareName
	case !selector.Matches(labels.Set(pod.Labels)):
		return "", spareLabels
	case len(p.Phases) > 0 && !slices.Contains(p.Phases, row.Phase):
		return "", sparePhase
	}
	return p.judgeAge(row, now)
}

func article(g Group) string {
	if g == Builds {
		return "a build"
	}
	return "a user's"
}

func (p Policy) judgeAge(row Pod, now time.Time) (reason, spare string) {
	limit, whose, spare := p.limitFor(row.repo())
	if spare != "" {
		return "", spare
	}
	if row.Age(now) < time.Duration(limit) {
		return "", fmt.Sprintf(spareAge, limit) + whose
	}
	if limit == 0 {
		return "matches", ""
	}
	return "older than " + limit.String() + whose, ""
}

// limitFor is the age from which pods of a repository go, and whose rule that
// is.
func (p Policy) limitFor(repo cluster.Repo) (limit Age, whose, spare string) {
	if !repo.Certain() {
		return p.limitForGuess(repo)
	}
	for _, rule := range slices.Backward(p.Repos) {
		if rule.Repo.Match(repo) {
			return rule.OlderThan, " for " + rule.Repo.String(), ""
		}
	}
	if p.OlderThan == nil {
		return 0, "", spareRepo
	}
	return *p.OlderThan, "", ""
}

// limitForGuess gives a pod whose repository is only guessed the benefit of the
// doubt: the most that any rule which may be meant for it allows.
func (p Policy) limitForGuess(repo cluster.Repo) (limit Age, whose, spare string) {
	limit, spare = 0, spareRepo
	if p.OlderThan != nil {
		limit, spare = *p.OlderThan, ""
	}
	for _, rule := range p.Repos {
		switch {
		case !rule.Repo.MightMatch(repo):
		case p.OlderThan == nil:
			return 0, "", spareGuess
		default:
			limit = max(limit, rule.OlderThan)
		}
	}
	return limit, "", spare
}
