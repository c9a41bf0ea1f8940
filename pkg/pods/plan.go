package pods

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Plan is what a cull would do: which pods would go and why each, what that
// costs, and what was spared.
type Plan struct {
	Format  string           `json:"format"` // PlanFormat
	Where   cluster.Location `json:"where"`
	Made    time.Time        `json:"madeAt"`
	Policy  Policy           `json:"policy"`
	Victims []Victim         `json:"victims"` // oldest first
	Spared  []Spared         `json:"spared"`
	Cost    Cost             `json:"cost"`
	Idle    []string         `json:"idleRules"` // repositories with a rule that no pod runs: misspelt?
	Digest  string           `json:"digest"`    // of all the rest

	version  string               // of the list it was made from
	versions map[types.UID]string // of the pods, where a change to one would matter
	shared   map[serverName]bool  // the servers whose name more than one pod bears
}

// PlanFormat names the shape of a plan, for files that outlive a release.
const PlanFormat = "binderctl.cull/v1"

// Victim is a pod to delete and the reason it was chosen.
type Victim struct {
	Pod
	Reason string `json:"reason"`
}

// Spared counts the pods that stay for one reason.
type Spared struct {
	Reason   string   `json:"reason"`
	Pods     int      `json:"pods"`
	Examples []string `json:"examples"`
}

// examplesKept is how many names are kept of what was spared for one reason.
const examplesKept = 3

// PlanCull decides, without changing anything, which pods of the client's
// namespace policy would delete.
func PlanCull(ctx context.Context, c *cluster.Client, policy Policy) (Plan, error) {
	judge, err := newJudge(policy, c.Now())
	if err != nil {
		return Plan{}, err
	}
	query := cluster.PodQuery{Namespace: c.Where.Namespace, Selector: policy.group().selector()}
	version, err := c.ReadPods(ctx, query, judge)
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{
		Format: PlanFormat, Where: c.Where, Made: judge.now.UTC().Truncate(time.Second), Policy: policy,
		Victims: judge.victims, Idle: judge.idleRules(), version: version, versions: judge.versions,
		shared: judge.shared(),
	}
	slices.SortFunc(plan.Victims, func(a, b Victim) int {
		return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.Name, b.Name))
	})
	if n := len(plan.Victims); policy.Limit > 0 && n > policy.Limit {
		for _, victim := range plan.Victims[policy.Limit:] {
			judge.spare(spareLimit, victim.Name)
		}
		plan.Victims = plan.Victims[:policy.Limit]
	}
	plan.Spared = judge.sparedList()
	plan.Cost = costOf(plan.Victims, judge.census)
	plan.Digest = plan.digest()
	return plan, nil
}

// judge is the sink that decides about each pod as it arrives, keeping only
// those that are to go.
type judge struct {
	policy   Policy
	selector labels.Selector
	now      time.Time
	reducer  *reducer
	victims  []Victim
	spared   map[string]*Spared
	census   census
	fits     []int                // pods that each rule about a repository may be meant for
	versions map[types.UID]string // of victims, if the policy asks for what may change
	servers  map[serverName]int   // how many pods bear each server's name
}

// census is what a plan's cost is measured against.
type census struct {
	pods   int            // of the kind
	users  int            // who have or wait for a server
	onNode map[string]int // pods of the kind on each node
}

func newJudge(policy Policy, now time.Time) (*judge, error) {
	selector, err := labels.Parse(policy.Labels)
	if err != nil {
		return nil, fmt.Errorf("selector %q: %w", policy.Labels, err)
	}
	return &judge{policy: policy, selector: selector, now: now}, nil
}

// Reset forgets what was read.
func (j *judge) Reset() {
	j.reducer = newReducer()
	j.victims = []Victim{}
	j.spared = map[string]*Spared{}
	j.census = census{onNode: map[string]int{}}
	j.fits = make([]int, len(j.policy.Repos))
	j.versions = map[types.UID]string{}
	j.servers = map[serverName]int{}
}

// Add decides about a pod.
func (j *judge) Add(pod *corev1.Pod) {
	if victim, spare := j.decide(pod); spare == "" {
		j.victims = append(j.victims, victim)
	}
}

// decide counts a pod and says why it goes or why, if spare is not empty, it
// stays.
func (j *judge) decide(pod *corev1.Pod) (victim Victim, spare string) {
	row := j.reducer.reduce(pod)
	j.count(row)
	victim.Pod = row
	if victim.Reason, spare = j.policy.judge(pod, row, j.selector, j.now); spare != "" {
		j.spare(spare, row.Name)
	} else if len(j.policy.Phases) > 0 {
		j.versions[row.UID] = pod.ResourceVersion
	}
	return victim, spare
}

func (j *judge) count(row Pod) {
	j.census.pods++
	if row.Node != "" {
		j.census.onNode[row.Node]++
	}
	if row.occupied() {
		j.census.users++
	}
	if row.User != "" {
		j.servers[serverName{row.User, row.Server}]++
	}
	for i, rule := range j.policy.Repos {
		if rule.Repo.MightMatch(row.repo()) {
			j.fits[i]++
		}
	}
}

// shared are the servers whose name more than one pod bears.
func (j *judge) shared() map[serverName]bool {
	shared := map[serverName]bool{}
	for server, n := range j.servers {
		if n > 1 {
			shared[server] = true
		}
	}
	return shared
}

// idleRules are the repositories with a rule that no pod runs.
func (j *judge) idleRules() []string {
	idle := []string{}
	for i, rule := range j.policy.Repos {
		if j.fits[i] == 0 {
			idle = append(idle, rule.Repo.String())
		}
	}
	return idle
}

func (j *judge) spare(reason, name string) {
	kept, ok := j.spared[reason]
	if !ok {
		kept = &Spared{Reason: reason, Examples: []string{}}
		j.spared[reason] = kept
	}
	kept.Pods++
	if len(kept.Examples) < examplesKept {
		kept.Examples = append(kept.Examples, name)
	}
}

func (j *judge) sparedList() []Spared {
	list := make([]Spared, 0, len(j.spared))
	for _, reason := range slices.Sorted(maps.Keys(j.spared)) {
		list = append(list, *j.spared[reason])
	}
	slices.SortStableFunc(list, func(a, b Spared) int { return cmp.Compare(b.Pods, a.Pods) })
	return list
}

// All gives every pod of the plan the same outcome.
func (p Plan) All(result Result, detail string) []Outcome {
	outcomes := make([]Outcome, len(p.Victims))
	for i, victim := range p.Victims {
		outcomes[i] = Outcome{Victim: victim, Result: result, Detail: detail}
	}
	return outcomes
}
