package nodes

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// DrainPlan is what draining nodes would do: to each node, and to each pod on
// it.
type DrainPlan struct {
	Where  cluster.Location `json:"where"`
	Made   time.Time        `json:"madeAt"`
	Policy DrainPolicy      `json:"policy"`
	Mark   Mark             `json:"mark"` // left on each node that is cordoned
	Nodes  []DrainNode      `json:"nodes"`
	Pods   []Tenant         `json:"pods"` // by node, then by what is done about them
	NoRoom
	Budgets []TightBudget `json:"budgets"` // that allow no disruption now
	Cost    DrainCost     `json:"cost"`
	Digest  string        `json:"digest"`
}

// DrainNode is a node that is drained.
type DrainNode struct {
	Step
	Pods map[Verdict]int `json:"pods"`
	// LastEnds is when the last of those who are left to finish should have; zero
	// if there are none.
	LastEnds time.Time `json:"lastEndsAt,omitzero"`
}

// DrainCost is what a drain means for users.
type DrainCost struct {
	Users    int       `json:"users"` // who lose a session
	OfUsers  int       `json:"ofUsers"`
	Builds   int       `json:"builds"`              // that are lost
	Sessions int       `json:"sessionsLeft"`        // that are left to finish
	Building int       `json:"buildsLeft"`          // likewise
	LastEnds time.Time `json:"lastEndsAt,omitzero"` // of those
	Overdue  int       `json:"overdue"`             // of those, older than any should be
	Deadline int       `json:"atDeadline"`          // of those, cut off at the deadline unless they have ended
	Dead     int       `json:"dead"`                // pods on nodes whose kubelets are silent, where nothing ends
}

// CutOff is how many sessions and builds are cut off, at once or at the deadline.
func (c DrainCost) CutOff() int { return c.Users + c.Builds + c.Deadline }

// Share is how many are cut off for each user there is.
func (c DrainCost) Share() float64 {
	if c.OfUsers == 0 {
		return 0
	}
	return float64(c.CutOff()) / float64(c.OfUsers)
}

// PlanDrain decides, without changing anything, what draining the wanted nodes
// would do. by is who is noted on them, and reason why.
func PlanDrain(ctx context.Context, c *cluster.Client, wanted Wanted, policy DrainPolicy, by, reason string) (DrainPlan, error) {
	all, err := callRoll(ctx, c)
	if err != nil {
		return DrainPlan{}, err
	}
	chosen, err := wanted.of(all)
	if err != nil {
		return DrainPlan{}, err
	}
	return planDrainOf(ctx, c, all, chosen, policy, by, reason)
}

func planDrainOf(ctx context.Context, c *cluster.Client, all, chosen []Subject, policy DrainPolicy, by, reason string) (DrainPlan, error) {
	made := c.Now().UTC().Truncate(time.Second)
	plan := DrainPlan{
		Where: c.Where, Made: made, Policy: policy,
		Mark: Mark{By: by, At: made, Reason: reason, For: policy.For}, Budgets: []TightBudget{},
	}
	room, homes := roomWithout(all, chosen)
	survey := &drainSurvey{homes: homes, nodes: map[string]bool{}}
	for _, node := range chosen {
		survey.nodes[node.Name] = true
	}
	if _, err := c.ReadPods(ctx, cluster.PodQuery{Detail: true}, survey); err != nil {
		return DrainPlan{}, err
	}
	if err := room.strand(ctx, c, homes); err != nil {
		return DrainPlan{}, err
	}
	inspector := newInspector(ctx, c.Kube, policy)
	plan.Pods = inspector.inspectAll(survey.found)
	budgets, known, err := readBudgets(ctx, c)
	if err != nil {
		return DrainPlan{}, err
	}
	if !known {
		room.Unseen = append(room.Unseen, "poddisruptionbudgets")
	}
	plan.NoRoom, plan.Budgets = room, tightBudgets(budgets, plan.Pods)
	plan.sum(chosen, survey.users)
	plan.Digest = digestOf(plan)
	return plan, nil
}

// drainSurvey is the sink that keeps the pods of the nodes to be drained, counts
// users and, on the way, notes where workloads are.
type drainSurvey struct {
	*homes
	nodes map[string]bool
	users int
	found []*corev1.Pod
}

// Reset forgets what was read.
func (s *drainSurvey) Reset() {
	s.homes.Reset()
	s.users, s.found = 0, nil
}

// Add takes in a pod.
func (s *drainSurvey) Add(pod *corev1.Pod) {
	s.homes.Add(pod)
	if cluster.KindOf(pod) == cluster.User && pod.DeletionTimestamp == nil && !finished(pod) {
		s.users++
	}
	if s.nodes[pod.Spec.NodeName] {
		s.found = append(s.found, pod.DeepCopy())
	}
}

// inspectAll decides about pods and puts them in order.
func (i *inspector) inspectAll(found []*corev1.Pod) []Tenant {
	tenants := make([]Tenant, len(found))
	for n, pod := range found {
		tenants[n] = i.inspect(pod)
	}
	order := Verdicts()
	slices.SortFunc(tenants, func(a, b Tenant) int {
		return cmp.Or(
			strings.Compare(a.Node, b.Node),
			cmp.Compare(slices.Index(order, a.Verdict), slices.Index(order, b.Verdict)),
			strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
	})
	return tenants
}

// sum counts what a plan comes to.
func (p *DrainPlan) sum(chosen []Subject, users int) {
	p.Cost.OfUsers = users
	p.Nodes = make([]DrainNode, len(chosen))
	for i, subject := range chosen {
		node := DrainNode{Step: cordonStep(subject, p.Made), Pods: map[Verdict]int{}}
		for _, t := range p.Pods {
			if t.Node == subject.Name {
				node.count(&p.Cost, t, *p)
			}
		}
		if node.LastEnds.After(p.Cost.LastEnds) {
			p.Cost.LastEnds = node.LastEnds
		}
		p.Nodes[i] = node
	}
}

func (n *DrainNode) count(cost *DrainCost, t Tenant, plan DrainPlan) {
	n.Pods[t.Verdict]++
	switch {
	case t.Verdict == Waits:
		if t.Kind == cluster.Build {
			cost.Building++
		} else {
			cost.Sessions++
		}
		ends := plan.Policy.EndsBy(t)
		if ends.Before(plan.Made) {
			cost.Overdue++
		}
		if plan.Policy.Users == UsersDeadline {
			cost.Deadline++
		}
		if ends.After(n.LastEnds) {
			n.LastEnds = ends
		}
	case t.Verdict == Ends && t.Kind == cluster.User:
		cost.Users++
	case t.Verdict == Ends && t.Kind == cluster.Build:
		cost.Builds++
	}
	if n.silent && t.evicts() {
		cost.Dead++
	}
}

// Refused lists the pods that the drain may not evict.
func (p DrainPlan) Refused() []Tenant { return p.with(Refuses) }

// with lists the pods of a verdict.
func (p DrainPlan) with(verdict Verdict) []Tenant {
	list := []Tenant{}
	for _, t := range p.Pods {
		if t.Verdict == verdict {
			list = append(list, t)
		}
	}
	return list
}

// Evictions counts the pods that would be asked to go.
func (p DrainPlan) Evictions() int {
	n := 0
	for _, t := range p.Pods {
		if t.evicts() {
			n++
		}
	}
	return n
}
