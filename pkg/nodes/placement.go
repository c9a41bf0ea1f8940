package nodes

import (
	corev1 "k8s.io/api/core/v1"
	scheduling "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	"k8s.io/klog/v2"
)

// placement tells which nodes users' pods may go to.
type placement struct {
	tolerations []corev1.Toleration
	affinity    nodeaffinity.RequiredNodeAffinity
}

// placementFor is that of the youngest user pod, which is as the next will be;
// while there is none, that of zero-to-jupyterhub's defaults.
func placementFor(example *corev1.Pod) placement {
	if example == nil {
		example = &corev1.Pod{Spec: corev1.PodSpec{Tolerations: userTolerations()}}
	}
	return placement{example.Spec.Tolerations, nodeaffinity.GetRequiredNodeAffinity(example)}
}

// userTolerations are those that zero-to-jupyterhub gives users' pods.
func userTolerations() []corev1.Toleration {
	var list []corev1.Toleration
	for _, key := range []string{dedicatedKey, dedicatedKeyCloud} {
		list = append(list, corev1.Toleration{
			Key: key, Operator: corev1.TolerationOpEqual, Value: string(UserRole), Effect: corev1.TaintEffectNoSchedule,
		})
	}
	return list
}

// allows reports whether users' pods may go to a node, apart from what will pass:
// that it is cordoned, not ready or about to be removed.
func (p placement) allows(node *corev1.Node) bool {
	if matches, err := p.affinity.Match(node); err != nil || !matches {
		return false
	}
	_, refused := scheduling.FindMatchingUntoleratedTaint(klog.Background(), node.Spec.Taints, p.tolerations, keepsOff, true)
	return !refused
}

// admits reports whether no taint keeps users' pods off a node now, be it for
// good or until something has passed. That it is cordoned does not count.
func (p placement) admits(node *corev1.Node) bool {
	counts := func(taint *corev1.Taint) bool { return closes(taint) && taint.Key != corev1.TaintNodeUnschedulable }
	_, refused := scheduling.FindMatchingUntoleratedTaint(klog.Background(), node.Spec.Taints, p.tolerations, counts, true)
	return !refused
}

// closes reports whether a taint keeps off the pods that do not tolerate it.
func closes(taint *corev1.Taint) bool {
	return taint.Effect == corev1.TaintEffectNoSchedule || taint.Effect == corev1.TaintEffectNoExecute
}

// keepsOff reports whether a taint keeps pods off for good.
func keepsOff(taint *corev1.Taint) bool {
	switch taint.Key {
	case corev1.TaintNodeUnschedulable, corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable,
		corev1.TaintNodeMemoryPressure, corev1.TaintNodeDiskPressure, corev1.TaintNodePIDPressure,
		corev1.TaintNodeNetworkUnavailable, toBeDeletedTaint, candidateTaint, karpenterTaint, oldKarpenterTaint:
		return false
	default:
		return closes(taint)
	}
}
