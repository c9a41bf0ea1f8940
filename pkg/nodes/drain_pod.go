package nodes

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Tenant is a pod on a node that is drained, and what is to be done about it.
type Tenant struct {
	Namespace string          `json:"namespace"`
	Name      string          `json:"name"`
	UID       types.UID       `json:"uid"`
	Node      string          `json:"node"`
	Kind      cluster.Kind    `json:"kind"`
	User      string          `json:"user"`
	Owner     Workload        `json:"owner"` // its kind is "" if nothing made the pod
	Phase     corev1.PodPhase `json:"phase"`
	Deleting  bool            `json:"deleting"`
	Created   time.Time       `json:"createdAt"`
	Verdict   Verdict         `json:"verdict"`
	Reason    string          `json:"reason"`
	Flags     []string        `json:"flags"` // that it would take, if it refuses

	ready  bool
	labels labels.Set
}

// guest reports whether the pod is somebody's session or build.
func (t Tenant) guest() bool { return t.Kind == cluster.User || t.Kind == cluster.Build }

// evicts reports whether the drain asks the pod to go.
func (t Tenant) evicts() bool { return t.Verdict == Moves || t.Verdict == Ends || t.Verdict == Clears }

// inspector decides about pods by a policy and by kubectl's rules: with all of
// kubectl's flags, and with all but one.
type inspector struct {
	policy     DrainPolicy
	all        *rules
	noForce    *rules
	noEmptyDir *rules
}

func newInspector(ctx context.Context, kube kubernetes.Interface, policy DrainPolicy) *inspector {
	return &inspector{
		policy: policy,
		all:    newRules(ctx, kube, true, true), noForce: newRules(ctx, kube, false, true), noEmptyDir: newRules(ctx, kube, true, false),
	}
}

// inspect decides about a pod.
func (i *inspector) inspect(pod *corev1.Pod) Tenant {
	t := Tenant{
		Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID, Node: pod.Spec.NodeName,
		Kind: cluster.KindOf(pod), User: cluster.Username(pod), Owner: workloadOf(pod),
		Phase: pod.Status.Phase, Deleting: pod.DeletionTimestamp != nil, Created: pod.CreationTimestamp.UTC(),
		ready: cluster.PodReady(pod), labels: pod.Labels,
	}
	t.Verdict, t.Reason, t.Flags = i.judge(pod, t)
	if t.Flags == nil {
		t.Flags = []string{}
	}
	return t
}

// The flags that let a drain take what it refuses.
const (
	flagForce    = "--force"
	flagEmptyDir = "--delete-emptydir-data"
)

func (i *inspector) judge(pod *corev1.Pod, t Tenant) (verdict Verdict, reason string, flags []string) {
	if evict, err := i.all.evictable(pod); !evict {
		if err != nil {
			return Refuses, err.Error(), nil
		}
		return Keeps, belonging(t), nil
	}
	switch {
	case t.Deleting:
		return Clears, "already terminating", nil
	case finished(pod):
		return Clears, "finished: " + string(pod.Status.Phase), nil
	case t.guest() && (cluster.Doubt(pod) == "" || i.policy.Users == UsersWait):
		verdict, reason = i.judgeGuest(t)
		return verdict, reason, nil
	}
	if reasons, flags := i.refusals(pod); len(flags) > 0 {
		if i.policy.For == ForReclaim { // it is named afterwards, among what keeps the autoscaler
			return Keeps, strings.Join(reasons, "; "), nil
		}
		return Refuses, strings.Join(reasons, "; "), flags
	}
	if replaced, _ := i.noForce.evictable(pod); !replaced {
		return Ends, "nothing makes another", nil
	}
	return Moves, fmt.Sprintf("%s %s makes another", t.Owner.Kind, t.Owner.Name), nil
}

// refusals says why a pod may not be evicted, and which flags would let it.
func (i *inspector) refusals(pod *corev1.Pod) (reasons, flags []string) {
	if evict, _ := i.noForce.evictable(pod); !evict && !i.policy.Force {
		reasons, flags = append(reasons, "nothing would make another"), append(flags, flagForce)
	}
	if evict, _ := i.noEmptyDir.evictable(pod); !evict && !i.policy.EmptyDir {
		reasons, flags = append(reasons, "it keeps files on the node (emptyDir), which would be lost"), append(flags, flagEmptyDir)
	}
	return reasons, flags
}

// belonging is why a pod stays on its node.
func belonging(t Tenant) string {
	if t.Owner.Kind == "DaemonSet" {
		return "DaemonSet " + t.Owner.Name + " has one on each node"
	}
	return "the node's own (static)"
}

// judgeGuest decides about a session or a build.
func (i *inspector) judgeGuest(t Tenant) (verdict Verdict, reason string) {
	who := "a user's session"
	if t.Kind == cluster.Build {
		who = "a build"
	}
	switch i.policy.Users {
	case UsersEvict:
		return Ends, who + " is cut off"
	case UsersDeadline:
		return Waits, who + ", until the deadline"
	case UsersWait:
	}
	return Waits, who
}
