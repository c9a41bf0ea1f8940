package pods

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Verify looks at the cluster again and parts a plan that has aged into what
// still holds and what does not. A pod stays in the plan only if it is the same
// pod (by UID) and the plan's policy would choose it today. What is left keeps
// the digest of the plan it came from; reasons, cost and what is spared are
// today's, whatever the plan says.
func Verify(ctx context.Context, c *cluster.Client, plan Plan) (still Plan, dropped []Outcome, err error) {
	judge, err := newJudge(plan.Policy, c.Now())
	if err != nil {
		return Plan{}, nil, err
	}
	sink := &verifySink{judge: judge, verdicts: make(map[types.NamespacedName]verdict, len(plan.Victims))}
	for _, victim := range plan.Victims {
		sink.verdicts[nameOf(victim.Pod)] = verdict{}
	}
	query := cluster.PodQuery{Namespace: plan.Where.Namespace, Selector: plan.Policy.group().selector()}
	version, err := c.ReadPods(ctx, query, sink)
	if err != nil {
		return Plan{}, nil, err
	}
	still = plan
	still.version, still.versions, still.shared = version, judge.versions, judge.shared()
	still.Made, still.Victims = judge.now, []Victim{}
	for _, victim := range plan.Victims {
		verdict := sink.verdicts[nameOf(victim.Pod)]
		if outcome, ok := verdict.about(victim); ok {
			dropped = append(dropped, outcome)
			continue
		}
		still.Victims = append(still.Victims, verdict.now)
	}
	still.Cost, still.Spared, still.Idle = costOf(still.Victims, judge.census), judge.sparedList(), judge.idleRules()
	return still, dropped, nil
}

// verifyOne is Verify for one pod. The outcome has no result if the pod is to go
// still, provided that it stays as it was at the version that is returned.
func verifyOne(ctx context.Context, c *cluster.Client, policy Policy, victim Victim) (outcome Outcome, version string, err error) {
	judge, err := newJudge(policy, c.Now())
	if err != nil {
		return Outcome{}, "", err
	}
	name := nameOf(victim.Pod)
	sink := &verifySink{judge: judge, verdicts: map[types.NamespacedName]verdict{name: {}}}
	query := cluster.PodQuery{
		Namespace: name.Namespace, Fields: fields.OneTermEqualSelector(metav1.ObjectNameField, name.Name).String(),
	}
	if _, err := c.ReadPods(ctx, query, sink); err != nil {
		return Outcome{Result: Failed}, "", err
	}
	outcome, _ = sink.verdicts[name].about(victim)
	return outcome, judge.versions[victim.UID], nil
}

func nameOf(pod Pod) types.NamespacedName {
	return types.NamespacedName{Namespace: pod.Namespace, Name: pod.Name}
}

// verdict is what a second look at a pod's name found: a pod, and why it stays,
// if it does.
type verdict struct {
	seen  bool
	now   Victim
	spare string
}

// about turns a verdict into an outcome, if the victim is not to go after all.
func (v verdict) about(victim Victim) (Outcome, bool) {
	switch {
	case !v.seen:
		return Outcome{Victim: victim, Result: Gone}, true
	case v.now.UID != victim.UID:
		return Outcome{Victim: victim, Result: Replaced}, true
	case v.spare != "":
		return Outcome{Victim: victim, Result: Skipped, Detail: "now " + v.spare}, true
	default:
		return Outcome{}, false
	}
}

// verifySink judges again the pods that bear a victim's name.
type verifySink struct {
	judge    *judge
	verdicts map[types.NamespacedName]verdict
}

// Reset forgets what was read.
func (s *verifySink) Reset() {
	s.judge.Reset()
	for name := range s.verdicts {
		s.verdicts[name] = verdict{}
	}
}

// Add judges a pod again.
func (s *verifySink) Add(pod *corev1.Pod) {
	now, spare := s.judge.decide(pod)
	if _, wanted := s.verdicts[nameOf(now.Pod)]; wanted {
		s.verdicts[nameOf(now.Pod)] = verdict{seen: true, now: now, spare: spare}
	}
}
