package world

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// workload is a described workload and the pods it came to.
type workload struct {
	*scenario.Workload
	created time.Time
	pods    []*corev1.Pod
	ailing  [][]int // how many pods have each sickness of each container
}

// makeWorkloads makes first what has a pod on each node: no scheduler puts it
// elsewhere when a node is full.
func (w *World) makeWorkloads() error {
	order := []string{"StaticPod", "DaemonSet", "Deployment", "StatefulSet", "Pod"}
	for _, kind := range order {
		for i := range w.scenario.Workloads {
			described := &w.scenario.Workloads[i]
			if described.Kind != kind {
				continue
			}
			made := workload{Workload: described, created: w.ago(described.Age.To)}
			if err := w.makeWorkload(&made); err != nil {
				return fmt.Errorf("make %s %s: %w", kind, described.Name, err)
			}
			w.shops = append(w.shops, made)
		}
	}
	w.makePriorities()
	return nil
}

func (w *World) makeWorkload(made *workload) error {
	made.ailing = make([][]int, len(made.Containers))
	for i, container := range made.Containers {
		made.ailing[i] = make([]int, len(container.Sick))
	}
	switch made.Kind {
	case "Deployment":
		return w.makeDeployment(made)
	case "StatefulSet":
		return w.makeStatefulSet(made)
	case "Pod":
		return w.makeBarePods(made)
	case "StaticPod":
		w.makeStaticPods(made)
		return nil
	default:
		return w.makeDaemonSet(made)
	}
}

// template is the pods' template, whatever the workload's kind.
func (m *workload) template() corev1.PodTemplateSpec {
	template := corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: maps.Clone(m.Labels), Annotations: m.annotations()},
		Spec:       corev1.PodSpec{NodeSelector: m.NodeSelector},
	}
	for _, t := range m.Tolerations {
		template.Spec.Tolerations = append(template.Spec.Tolerations, corev1.Toleration{Key: t.Key, Operator: t.Operator, Value: t.Value, Effect: t.Effect})
	}
	if m.Priority != nil {
		template.Spec.PriorityClassName = m.Priority.Class
	}
	for _, c := range m.Containers {
		container := corev1.Container{Name: c.Name, Image: c.Image, Resources: corev1.ResourceRequirements{Requests: requests(&c.Requests)}}
		if c.Port != 0 {
			container.Ports = []corev1.ContainerPort{{Name: "http", ContainerPort: c.Port}}
		}
		switch c.Role {
		case scenario.RoleSidecar:
			container.RestartPolicy = new(corev1.ContainerRestartPolicyAlways)
			fallthrough
		case scenario.RoleInit:
			template.Spec.InitContainers = append(template.Spec.InitContainers, container)
		default:
			template.Spec.Containers = append(template.Spec.Containers, container)
		}
	}
	if m.EmptyDir {
		m.addScratch(&template.Spec)
	}
	return template
}

// addScratch gives the pods local data, which is lost when they go.
func (m *workload) addScratch(spec *corev1.PodSpec) {
	const name = "scratch"
	spec.Volumes = append(spec.Volumes, corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}})
	for i := range spec.Containers {
		spec.Containers[i].VolumeMounts = append(spec.Containers[i].VolumeMounts, corev1.VolumeMount{Name: name, MountPath: "/scratch"})
	}
}

// annotations are those of the pods, and what the simulated kubelets go by.
func (m *workload) annotations() map[string]string {
	annotations := maps.Clone(m.Annotations)
	for key, delay := range map[string]scenario.Duration{binderhub.StartsIn: m.StartsIn, binderhub.EndsIn: m.EndsIn} {
		if delay == 0 {
			continue
		}
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[key] = time.Duration(delay).String()
	}
	return annotations
}

func (m *workload) selector() *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: m.Labels}
}

func (m *workload) need(created time.Time) need {
	var n need
	for _, c := range m.Containers {
		if c.Role == scenario.RoleInit {
			continue
		}
		n.cpu += c.Requests.CPU.MilliValue()
		n.memory += c.Requests.Memory.Value()
	}
	n.selector, n.created = m.NodeSelector, created
	n.tolerations = m.template().Spec.Tolerations
	return n
}

// addPod makes a pod from the owner's template.
func (w *World) addPod(m *workload, template corev1.PodTemplateSpec, name string, owner *metav1.OwnerReference, on *node, created time.Time) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: w.meta("Pod", m.Namespace, name, created), Spec: *template.Spec.DeepCopy()}
	pod.Labels, pod.Annotations = maps.Clone(template.Labels), maps.Clone(template.Annotations)
	if owner != nil {
		pod.OwnerReferences = []metav1.OwnerReference{*owner}
	}
	pod.Spec.Tolerations = append(pod.Spec.Tolerations, binderhub.DefaultTolerations()...)
	pod.Spec.Priority, pod.Spec.PreemptionPolicy = new(int32(0)), new(corev1.PreemptLowerPriority)
	if m.Priority != nil {
		pod.Spec.Priority = &m.Priority.Value
	}
	situation := binderhub.Situation{Phase: m.Phase, Started: created.Add(3 * time.Second)}
	if on != nil {
		pod.Spec.NodeName, situation.IP = on.Name, w.ip()
		situation.Init, situation.Containers = w.fates(m, name, on.pool, situation.Started)
		if held := slices.ContainsFunc(situation.Init, func(f binderhub.Fate) bool { return f.Waiting != "" }); held {
			situation.Phase = corev1.PodPending
			metav1.SetMetaDataAnnotation(&pod.ObjectMeta, binderhub.KeepPending, "true")
		}
	} else {
		situation.Scheduling = w.why(m.need(created))
	}
	pod.Status = binderhub.Status(pod, situation)
	m.pods = append(m.pods, pod)
	w.aged = append(w.aged, pod)
	return pod
}

// fates is what became of the containers of a pod on a pool's nodes: of those
// that come first, and of the others.
func (w *World) fates(m *workload, pod, pool string, started time.Time) (first, main []binderhub.Fate) {
	for c := range m.Containers {
		container, fate := &m.Containers[c], binderhub.Fate{}
		if sick := sickness(container, pool, m.ailing[c]); sick != nil {
			fate = binderhub.Fate{Restarts: sick.Restarts, Waiting: sick.Waiting, Message: sick.Message, NotReady: sick.NotReady}
			if sick.LastDeath != nil {
				fate.LastDeath = w.death(sick.LastDeath, started)
			}
			w.addLogs(m.Namespace, pod, container, sick)
		}
		if container.Role == scenario.RoleMain {
			main = append(main, fate)
		} else {
			first = append(first, fate)
		}
	}
	return first, main
}

func (w *World) death(death *scenario.Terminated, started time.Time) *corev1.ContainerStateTerminated {
	ended := w.ago(time.Duration(death.Ago))
	began := ended.Add(-time.Duration(death.Lasted))
	if began.Before(started) {
		began = started
	}
	return &corev1.ContainerStateTerminated{
		Reason: death.Reason, ExitCode: death.ExitCode, Signal: death.Signal, Message: death.Message,
		StartedAt: metav1.NewTime(began), FinishedAt: metav1.NewTime(ended),
	}
}

// spot finds a place for one replica, or none where it is to be Pending, and
// how the replica's name ends.
func (w *World) spot(m *workload, i int) (on *node, ending string, err error) {
	pool, ending := m.wanted(i)
	ending = cmp.Or(ending, w.suffix(m.Kind+"/"+m.Namespace+"/"+m.Name, i))
	if m.Phase == corev1.PodPending {
		return nil, ending, nil
	}
	n := m.need(w.ago(m.Age.At(i, *m.Replicas)))
	n.pool = pool
	on, err = w.place(n)
	return on, ending, err
}

func (m *workload) ready() int32 {
	ready := int32(0)
	for _, pod := range m.pods {
		for _, condition := range pod.Status.Conditions {
			if condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue {
				ready++
			}
		}
	}
	return ready
}

// makePriorities has the API server make the classes that workloads name.
func (w *World) makePriorities() {
	classes := map[string]int32{}
	for _, shop := range w.shops {
		if shop.Priority != nil {
			classes[shop.Priority.Class] = shop.Priority.Value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(classes)) {
		w.created = append(w.created, &schedulingv1.PriorityClass{
			TypeMeta:   metav1.TypeMeta{APIVersion: "scheduling.k8s.io/v1", Kind: "PriorityClass"},
			ObjectMeta: metav1.ObjectMeta{Name: name}, Value: classes[name],
		})
	}
}

func controlledBy(owner metav1.Object, kind string) *metav1.OwnerReference {
	return metav1.NewControllerRef(owner, appsv1.SchemeGroupVersion.WithKind(kind))
}
