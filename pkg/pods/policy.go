package pods

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
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

	// Only, if it is not nil, are the only pods that go; age does not count then.
	Only *Chosen `json:"only,omitempty"`

	Builds bool `json:"builds,omitempty"` // builds instead of users' servers
	Limit  int  `json:"limit,omitempty"`  // this many, oldest first; 0 is all
	// Terminating also takes pods that are already being deleted, which only
	// makes sense to delete by force.
	Terminating bool `json:"terminating,omitempty"`
	// GracePeriod is how many seconds a pod has to end; nil is the pod's own, 0
	// is by force.
	GracePeriod *int64 `json:"gracePeriodSeconds,omitempty"`
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
	spareOthers      = "not chosen"
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
	if p.Only == nil {
		return p.judgeAge(row, now)
	}
	if reason, chosen := p.Only.Reasons[row.UID]; chosen {
		return reason, ""
	}
	return "", spareOthers
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
		return p.limitForGuess()
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
// doubt: the most that any rule allows. Which rule is meant for it cannot be
// known, as a guess has lost its host, its slashes, and beyond 32 characters its
// middle.
func (p Policy) limitForGuess() (limit Age, whose, spare string) {
	switch {
	case p.OlderThan == nil && len(p.Repos) > 0:
		return 0, "", spareGuess
	case p.OlderThan == nil:
		return 0, "", spareRepo
	}
	limit = *p.OlderThan
	for _, rule := range p.Repos {
		limit = max(limit, rule.OlderThan)
	}
	return limit, "", ""
}

// Force reports whether records are removed without waiting for processes to
// end.
func (p Policy) Force() bool { return p.GracePeriod != nil && *p.GracePeriod == 0 }

// String says in words which pods the policy chooses.
func (p Policy) String() string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if p.Only != nil {
		add("%s", p.Only.What)
	}
	if p.OlderThan != nil {
		add("older than %s", *p.OlderThan)
	}
	for _, rule := range p.Repos {
		add("%s older than %s", rule.Repo, rule.OlderThan)
	}
	if len(p.Phases) > 0 {
		add("phase %s", phasesText(p.Phases))
	}
	if len(p.Nodes) > 0 {
		add("on %s", strings.Join(p.Nodes, ", "))
	}
	if p.Name != "" {
		add("named %s", p.Name)
	}
	if p.Labels != "" {
		add("labelled %s", p.Labels)
	}
	if p.Limit > 0 {
		add("at most %d, oldest first", p.Limit)
	}
	switch {
	case p.Force():
		add("by force")
	case p.GracePeriod != nil:
		add("with %d s to end", *p.GracePeriod)
	}
	return strings.Join(parts, "; ")
}

func phasesText(phases []corev1.PodPhase) string {
	texts := make([]string, len(phases))
	for i, phase := range phases {
		texts[i] = string(phase)
	}
	return strings.Join(texts, ", ")
}
