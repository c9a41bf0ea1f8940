package world

import (
	"cmp"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	appsdefaults "k8s.io/kubernetes/pkg/apis/apps/v1"
)

// makeDaemonSet makes a DaemonSet with its revision and a pod on each node that
// suits it.
func (w *World) makeDaemonSet(m *workload) error {
	set := &appsv1.DaemonSet{
		ObjectMeta: w.meta("DaemonSet", m.Namespace, m.Name, m.created),
		Spec:       appsv1.DaemonSetSpec{Selector: m.selector(), Template: m.template()},
	}
	set.Labels = m.Labels
	set.Annotations = map[string]string{appsv1.DeprecatedTemplateGeneration: "1"}
	appsdefaults.SetObjectDefaults_DaemonSet(set)
	revision, hash, err := w.daemonSetRevision(set)
	if err != nil {
		return err
	}
	w.aged = append(w.aged, set, revision)
	need := m.need(m.created)
	count := map[string]int{}
	for i, on := range w.nodes {
		if !on.suits(need) {
			continue
		}
		on.take(need)
		ending := cmp.Or(m.wantedOn(on.pool, count[on.pool]), w.suffix("DaemonSet/"+m.Namespace+"/"+m.Name, i))
		count[on.pool]++
		created := w.ago(m.Age.At(len(m.pods), len(w.nodes)))
		if created.Before(on.CreationTimestamp.Time) {
			created = on.CreationTimestamp.Time
		}
		pod := w.addPod(m, set.Spec.Template, m.Name+"-"+ending, controlledBy(set, "DaemonSet"), on, created)
		pod.Labels[appsv1.ControllerRevisionHashLabelKey] = hash
		pod.Labels["pod-template-generation"] = "1"
		pod.Spec.Affinity = onlyOn(on.Name)
		pod.Spec.Tolerations = append(pod.Spec.Tolerations, everywhere()...)
	}
	total, ready := int32(len(m.pods)), m.ready()
	set.Status = appsv1.DaemonSetStatus{
		ObservedGeneration: 1, DesiredNumberScheduled: total, CurrentNumberScheduled: total,
		UpdatedNumberScheduled: total, NumberReady: ready, NumberAvailable: ready, NumberUnavailable: total - ready,
	}
	return nil
}

// onlyOn is how the DaemonSet controller has the scheduler choose its node.
func onlyOn(name string) *corev1.Affinity {
	return &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
			MatchFields: []corev1.NodeSelectorRequirement{{
				Key: metav1.ObjectNameField, Operator: corev1.NodeSelectorOpIn, Values: []string{name},
			}},
		}}},
	}}
}

// everywhere is what the DaemonSet controller has its pods tolerate.
func everywhere() []corev1.Toleration {
	var tolerations []corev1.Toleration
	for _, taint := range []struct {
		key    string
		effect corev1.TaintEffect
	}{
		{corev1.TaintNodeDiskPressure, corev1.TaintEffectNoSchedule},
		{corev1.TaintNodeMemoryPressure, corev1.TaintEffectNoSchedule},
		{corev1.TaintNodePIDPressure, corev1.TaintEffectNoSchedule},
		{corev1.TaintNodeUnschedulable, corev1.TaintEffectNoSchedule},
	} {
		tolerations = append(tolerations, corev1.Toleration{Key: taint.key, Operator: corev1.TolerationOpExists, Effect: taint.effect})
	}
	return tolerations
}
