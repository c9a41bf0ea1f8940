package world

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coredefaults "k8s.io/kubernetes/pkg/apis/core/v1"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
)

// makeBarePods makes pods that somebody created by hand: nobody makes them anew.
func (w *World) makeBarePods(m *workload) error {
	for i := range *m.Replicas {
		on, _, err := w.spot(m, i)
		if err != nil {
			return err
		}
		name := m.Name
		if *m.Replicas > 1 {
			name += "-" + itoa(int32(i))
		}
		coredefaults.SetObjectDefaults_Pod(w.addPod(m, m.template(), name, nil, on, w.ago(m.Age.At(i, *m.Replicas))))
	}
	return nil
}

// makeStaticPods makes the mirrors of pods that kubelets run from files: one on
// each node that suits it.
func (w *World) makeStaticPods(m *workload) {
	need := m.need(m.created)
	for _, on := range w.nodes {
		if !on.suits(need) {
			continue
		}
		on.take(need)
		created := m.created
		if created.Before(on.CreationTimestamp.Time) {
			created = on.CreationTimestamp.Time
		}
		owner := &metav1.OwnerReference{APIVersion: "v1", Kind: "Node", Name: on.Name, UID: on.UID, Controller: new(true)}
		pod := w.addPod(m, m.template(), m.Name+"-"+on.Name, owner, on, created)
		coredefaults.SetObjectDefaults_Pod(pod)
		hash := binderhub.Hex(w.random("static/"+pod.Name, 0), 32)
		marks := map[string]string{corev1.MirrorPodAnnotationKey: hash, "kubernetes.io/config.hash": hash, "kubernetes.io/config.source": "file"}
		maps.Copy(marks, pod.Annotations)
		pod.Annotations = marks
	}
}
