// Package recovery says whether an incident is over: whether the scenario's
// conditions hold, and what speaks for that.
package recovery

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/binderctl/binderctl/gameday/internal/hub"
	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// Verdict is whether one condition holds.
type Verdict struct {
	Says     string `json:"says"`
	Holds    bool   `json:"holds"`
	Evidence string `json:"evidence"`
	spares   bool   // no operator can bring it about
}

// Recovered says whether all conditions hold.
func Recovered(verdicts []Verdict) bool {
	return !slices.ContainsFunc(verdicts, func(v Verdict) bool { return !v.Holds })
}

// Mended says whether all conditions hold that an operator can bring about.
func Mended(verdicts []Verdict) bool {
	return !slices.ContainsFunc(verdicts, func(v Verdict) bool { return !v.Holds && !v.spares })
}

// Sight is what was seen of the cluster, at one time.
type Sight struct {
	Pods     []corev1.Pod  // in the scenario's namespace
	Nodes    []corev1.Node // all
	now      time.Time
	scenario *scenario.Scenario
	client   kubernetes.Interface
	hub      hub.Control
}

// Look takes a look at the cluster, in which the Hub that control speaks to is.
func Look(ctx context.Context, client kubernetes.Interface, control hub.Control, s *scenario.Scenario, now time.Time) (*Sight, error) {
	pods, err := client.CoreV1().Pods(s.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list pods: %w", err)
	}
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list nodes: %w", err)
	}
	return &Sight{Pods: pods.Items, Nodes: nodes.Items, now: now, scenario: s, client: client, hub: control}, nil
}

// Verdicts judges all of the scenario's conditions.
func (s *Sight) Verdicts(ctx context.Context) ([]Verdict, error) {
	verdicts := []Verdict{}
	for _, condition := range s.scenario.Recovered {
		var holds bool
		var evidence string
		var err error
		switch {
		case condition.UserPods != nil:
			holds, evidence = s.userPods(*condition.UserPods)
		case condition.Nodes != nil:
			holds, evidence = s.nodes(*condition.Nodes)
		case condition.Ready != nil:
			holds, evidence, err = s.workload(ctx, *condition.Ready)
		case condition.Hub != nil:
			holds, evidence = s.hubKnows(ctx, *condition.Hub)
		}
		if err != nil {
			return nil, err
		}
		verdicts = append(verdicts, Verdict{Says: condition.Says, Holds: holds, Evidence: evidence, spares: condition.Spares()})
	}
	return verdicts, nil
}

// IsUserPod says whether a pod is one of KubeSpawner's.
func IsUserPod(pod *corev1.Pod) bool {
	return pod.Labels["component"] == "singleuser-server"
}

func (s *Sight) userPods(limit scenario.PodLimit) (bool, string) {
	var found []*corev1.Pod
	for i := range s.Pods {
		pod := &s.Pods[i]
		old := s.now.Sub(pod.CreationTimestamp.Time) > time.Duration(limit.OlderThan)
		if IsUserPod(pod) && old && (limit.Phase == "" || pod.Status.Phase == limit.Phase) {
			found = append(found, pod)
		}
	}
	holds := (limit.AtMost == nil || len(found) <= *limit.AtMost) && (limit.AtLeast == nil || len(found) >= *limit.AtLeast)
	evidence := fmt.Sprintf("%d such pods", len(found))
	if len(found) > 0 {
		oldest := slices.MinFunc(found, func(a, b *corev1.Pod) int {
			return a.CreationTimestamp.Compare(b.CreationTimestamp.Time)
		})
		evidence += fmt.Sprintf(", the oldest %s with %s", oldest.Name, s.age(oldest))
	}
	return holds, evidence
}

func (s *Sight) age(pod *corev1.Pod) time.Duration {
	return s.now.Sub(pod.CreationTimestamp.Time).Truncate(time.Second)
}

func (s *Sight) nodes(limit scenario.NodeLimit) (bool, string) {
	var found []string
	for i := range s.Nodes {
		node := &s.Nodes[i]
		if (limit.Name == "" || limit.Name == node.Name) && is(node, limit.State) {
			found = append(found, node.Name)
		}
	}
	evidence := fmt.Sprintf("%d such nodes", len(found))
	if len(found) > 0 {
		evidence += ", among them " + found[0]
	}
	return len(found) <= *limit.AtMost, evidence
}

// is says whether a node is in a state that a scenario names.
func is(node *corev1.Node, state string) bool {
	switch state {
	case "cordoned":
		return node.Spec.Unschedulable
	case "notReady":
		return !Ready(node)
	default:
		return Ready(node) && !node.Spec.Unschedulable
	}
}

// Ready says whether a node is ready.
func Ready(node *corev1.Node) bool {
	return slices.ContainsFunc(node.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
	})
}

func (s *Sight) workload(ctx context.Context, ref scenario.WorkloadRef) (bool, string, error) {
	ready, wanted, err := s.replicas(ctx, ref)
	if apierrors.IsNotFound(err) {
		return false, "there is no " + ref.Kind + " " + ref.Name, nil
	}
	if err != nil {
		return false, "", fmt.Errorf("get %s %s: %w", ref.Kind, ref.Name, err)
	}
	enough := wanted
	if ref.AtLeast > 0 {
		enough = int32(ref.AtLeast)
	}
	return ready >= enough && wanted > 0, fmt.Sprintf("%d of %d pods of %s are ready", ready, wanted, ref.Name), nil
}

// replicas counts the pods of a workload that are ready, and those that it is to
// have.
func (s *Sight) replicas(ctx context.Context, ref scenario.WorkloadRef) (ready, wanted int32, err error) {
	apps, options := s.client.AppsV1(), metav1.GetOptions{}
	switch ref.Kind {
	case "Deployment":
		found, err := apps.Deployments(ref.Namespace).Get(ctx, ref.Name, options)
		if err != nil {
			return 0, 0, err
		}
		return found.Status.ReadyReplicas, *found.Spec.Replicas, nil
	case "StatefulSet":
		found, err := apps.StatefulSets(ref.Namespace).Get(ctx, ref.Name, options)
		if err != nil {
			return 0, 0, err
		}
		return found.Status.ReadyReplicas, *found.Spec.Replicas, nil
	default:
		found, err := apps.DaemonSets(ref.Namespace).Get(ctx, ref.Name, options)
		if err != nil {
			return 0, 0, err
		}
		return found.Status.NumberReady, found.Status.DesiredNumberScheduled, nil
	}
}
