package pods

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Verify looks at the cluster again and parts a plan that has aged into what
// still holds and what does not. A pod stays in the plan only if it is the same
// pod (by UID) and the plan's policy would choose it today. What is left keeps
// the digest of the plan it came from; its cost is today's.
func Verify(ctx context.Context, c *cluster.Client, plan Plan) (still Plan, dropped []Outcome, err error) {
	judge, err := newJudge(plan.Policy, c.Now())
	if err != nil {
		return Plan{}, nil, err
	}
	sink := &verifySink{judge: judge, verdicts: make(map[string]verdict, len(plan.Victims)), plan: plan}
	query := cluster.PodQuery{Namespace: plan.Where.Namespace, Selector: plan.Policy.group().selector()}
	version, err := c.ReadPods(ctx, query, sink)
	if err != nil {
		return Plan{}, nil, err
	}
	still = plan
	still.version, still.Made, still.Victims = version, judge.now, nil
	for _, victim := range plan.Victims {
		if outcome, ok := sink.verdicts[victim.Name].about(victim); ok {
			dropped = append(dropped, outcome)
			continue
		}
		still.Victims = append(still.Victims, victim)
	}
	still.Cost = costOf(still.Victims, judge.users, judge.onNode)
	return still, dropped, nil
}

// verdict is what a second look at a pod's name found.
type verdict struct {
	seen  bool
	uid   types.UID
	spare string
}

// about turns a verdict into an outcome, if the victim is not to go after all.
func (v verdict) about(victim Victim) (Outcome, bool) {
	switch {
	case !v.seen:
		return Outcome{Victim: victim, Result: Gone}, true
	case v.uid != victim.UID:
		return Outcome{Victim: victim, Result: Replaced}, true
	case v.spare != "":
		return Outcome{Victim: victim, Result: Skipped, Detail: fmt.Sprintf("now %s", v.spare)}, true
	default:
		return Outcome{}, false
	}
}

// verifySink judges again the pods that bear a victim's name.
type verifySink struct {
	judge    *judge
	plan     Plan
	verdicts map[string]verdict
	wanted   map[string]bool
}

// Reset forgets what was read.
func (s *verifySink) Reset() {
	s.judge.Reset()
	clear(s.verdicts)
	if s.wanted == nil {
		s.wanted = make(map[string]bool, len(s.plan.Victims))
		for _, victim := range s.plan.Victims {
			s.wanted[victim.Name] = true
		}
	}
}

// Add judges a pod again.
func (s *verifySink) Add(pod *corev1.Pod) {
	row := s.judge.reducer.reduce(pod)
	s.judge.count(row)
	if !s.wanted[pod.Name] {
		return
	}
	_, spare := s.judge.policy.judge(pod, row, s.judge.selector, s.judge.now)
	s.verdicts[pod.Name] = verdict{seen: true, uid: pod.UID, spare: spare}
}
