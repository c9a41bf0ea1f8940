package world

import (
	"cmp"
	"maps"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	appsdefaults "k8s.io/kubernetes/pkg/apis/apps/v1"
	"k8s.io/kubernetes/pkg/controller"
)

// makeDeployment makes what the deployment controller would have: it finds its
// one ReplicaSet, whose template is its own, and leaves the pods alone.
func (w *World) makeDeployment(m *workload) error {
	replicas := int32(*m.Replicas)
	deployment := &appsv1.Deployment{
		ObjectMeta: w.meta("Deployment", m.Namespace, m.Name, m.created),
		Spec:       appsv1.DeploymentSpec{Replicas: &replicas, Selector: m.selector(), Template: m.template()},
	}
	deployment.Labels = m.Labels
	deployment.Annotations = map[string]string{"deployment.kubernetes.io/revision": "1"}
	appsdefaults.SetObjectDefaults_Deployment(deployment)

	hash := cmp.Or(m.Hash, controller.ComputeHash(&deployment.Spec.Template, nil))
	template := deployment.Spec.Template.DeepCopy()
	template.Labels[appsv1.DefaultDeploymentUniqueLabelKey] = hash
	set := &appsv1.ReplicaSet{
		ObjectMeta: w.meta("ReplicaSet", m.Namespace, m.Name+"-"+hash, m.created),
		Spec: appsv1.ReplicaSetSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: template.Labels},
			Template: *template,
		},
	}
	set.Labels = maps.Clone(template.Labels)
	set.Annotations = map[string]string{
		"deployment.kubernetes.io/revision":         "1",
		"deployment.kubernetes.io/desired-replicas": itoa(replicas),
		"deployment.kubernetes.io/max-replicas":     itoa(replicas + (replicas+3)/4), // a surge of 25 %
	}
	set.OwnerReferences = []metav1.OwnerReference{*controlledBy(deployment, "Deployment")}
	m.update(deployment)
	w.aged = append(w.aged, deployment, set)
	for i := range *m.Replicas {
		on, ending, err := w.spot(m, i)
		if err != nil {
			return err
		}
		w.addPod(m, *template, set.Name+"-"+ending, controlledBy(set, "ReplicaSet"), on, w.ago(m.Age.At(i, *m.Replicas)))
	}
	ready := m.ready()
	set.Status = appsv1.ReplicaSetStatus{
		ObservedGeneration: 1, Replicas: replicas, FullyLabeledReplicas: replicas,
		ReadyReplicas: ready, AvailableReplicas: ready,
	}
	deployment.Status = appsv1.DeploymentStatus{
		ObservedGeneration: 1, Replicas: replicas, UpdatedReplicas: replicas,
		ReadyReplicas: ready, AvailableReplicas: ready, UnavailableReplicas: replicas - ready,
		Conditions: []appsv1.DeploymentCondition{
			m.condition(appsv1.DeploymentAvailable, "MinimumReplicasAvailable", "Deployment has minimum availability.", ready > 0),
			m.condition(appsv1.DeploymentProgressing, "NewReplicaSetAvailable", "ReplicaSet \""+set.Name+"\" has successfully progressed.", true),
		},
	}
	return nil
}

// update has somebody ask for new images just before the game day: the
// deployment controller finds work to do.
func (m *workload) update(deployment *appsv1.Deployment) {
	for i, container := range m.Containers {
		if container.NewImage == "" {
			continue
		}
		deployment.Generation = 2
		for j := range deployment.Spec.Template.Spec.Containers {
			if made := &deployment.Spec.Template.Spec.Containers[j]; made.Name == m.Containers[i].Name {
				made.Image = container.NewImage
			}
		}
	}
}

func (m *workload) condition(kind appsv1.DeploymentConditionType, reason, message string, holds bool) appsv1.DeploymentCondition {
	since := metav1.NewTime(m.created)
	condition := appsv1.DeploymentCondition{
		Type: kind, Status: corev1.ConditionTrue, Reason: reason, Message: message,
		LastTransitionTime: since, LastUpdateTime: since,
	}
	if !holds {
		condition.Status, condition.Reason = corev1.ConditionFalse, "MinimumReplicasUnavailable"
		condition.Message = "Deployment does not have minimum availability."
	}
	return condition
}

// makeStatefulSet makes a StatefulSet with its revision and pods.
func (w *World) makeStatefulSet(m *workload) error {
	replicas := int32(*m.Replicas)
	set := &appsv1.StatefulSet{
		ObjectMeta: w.meta("StatefulSet", m.Namespace, m.Name, m.created),
		Spec: appsv1.StatefulSetSpec{
			Replicas: &replicas, Selector: m.selector(), Template: m.template(), ServiceName: m.Name,
			PodManagementPolicy: appsv1.ParallelPodManagement,
		},
	}
	set.Labels = m.Labels
	appsdefaults.SetObjectDefaults_StatefulSet(set)
	revision, err := w.statefulSetRevision(set)
	if err != nil {
		return err
	}
	w.aged = append(w.aged, set, revision)
	for i := range *m.Replicas {
		on, _, err := w.spot(m, i)
		if err != nil {
			return err
		}
		name := m.Name + "-" + itoa(int32(i))
		pod := w.addPod(m, set.Spec.Template, name, controlledBy(set, "StatefulSet"), on, w.ago(m.Age.At(i, *m.Replicas)))
		pod.Labels[appsv1.StatefulSetPodNameLabel] = name
		pod.Labels[appsv1.PodIndexLabel] = itoa(int32(i))
		pod.Labels[appsv1.StatefulSetRevisionLabel] = revision.Name
		pod.Spec.Hostname, pod.Spec.Subdomain = name, m.Name
	}
	ready := m.ready()
	set.Status = appsv1.StatefulSetStatus{
		ObservedGeneration: 1, Replicas: replicas, ReadyReplicas: ready, AvailableReplicas: ready,
		CurrentReplicas: replicas, UpdatedReplicas: replicas,
		CurrentRevision: revision.Name, UpdateRevision: revision.Name, CollisionCount: new(int32(0)),
	}
	return nil
}
