package checkup

import (
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
)

// hubSelector finds the hub pod on every version of the chart.
const hubSelector = "component=hub"

// pod finds the hub pod, whatever its state. It reports whether there is a
// cluster at all: without one there is no more to ask.
func (l *looker) pod(ctx context.Context) (goOn bool) {
	defer l.told(1, 0)
	list, err := l.client.Kube.CoreV1().Pods(l.client.Where.Namespace).List(ctx, metav1.ListOptions{LabelSelector: hubSelector})
	if cluster.Unreachable(err) {
		l.e.LogOnly = l.opts.Log != nil
		l.miss("the cluster", err)
		return false
	}
	if err != nil {
		l.miss("the hub pod", err)
		return true
	}
	l.e.Pod = Pod{Seen: true}
	if len(list.Items) == 0 {
		return true
	}
	// One that is to stay goes before one that is on its way out, then the newest.
	newest := slices.MaxFunc(list.Items, func(a, b corev1.Pod) int {
		if leaves := a.DeletionTimestamp != nil; leaves != (b.DeletionTimestamp != nil) {
			return map[bool]int{true: -1, false: 1}[leaves]
		}
		return a.CreationTimestamp.Compare(b.CreationTimestamp.Time)
	})
	l.e.Pod = podOf(&newest)
	l.labels = newest.Labels
	return true
}

func podOf(pod *corev1.Pod) Pod {
	p := Pod{
		Seen: true, Name: pod.Name, Phase: string(pod.Status.Phase), Node: pod.Spec.NodeName, Leaving: pod.DeletionTimestamp != nil,
		Created: pod.CreationTimestamp.UTC(), Began: hub.Started(pod), Image: cluster.Image(pod),
	}
	for _, condition := range pod.Status.Conditions {
		switch {
		case condition.Type == corev1.PodReady:
			p.Ready = condition.Status == corev1.ConditionTrue && !p.Leaving
		case condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse:
			p.Message = condition.Message
		}
	}
	for _, container := range cluster.Containers(pod) {
		p.Restarts += container.Restarts
		if container.Waiting != "" && (p.Waiting == "" || container.Name == hubContainer) {
			p.Waiting, p.Message = container.Waiting, container.Message
		}
		if container.Name == hubContainer || p.Death == nil {
			p.Death = container.Death
		}
	}
	return p
}

// hubContainer is the container of the hub pod that is the Hub.
const hubContainer = "hub"

// service finds out whether the Hub's Service leads to its pod. It has the name
// of the Deployment, which is that of the pod without what was added.
func (l *looker) service(ctx context.Context) {
	if l.opts.Hub.URL != "" {
		return
	}
	name := "hub"
	if parts := strings.Split(l.e.Pod.Name, "-"); len(parts) > 2 {
		name = strings.Join(parts[:len(parts)-2], "-")
	}
	found, err := l.client.Kube.CoreV1().Services(l.client.Where.Namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		l.note(func(e *Evidence) { e.Service = Service{Seen: true, Name: name} })
	case err != nil:
		l.miss("the Hub's Service", err)
	default:
		leads := len(found.Spec.Selector) > 0 && labels.SelectorFromSet(found.Spec.Selector).Matches(labels.Set(l.labels))
		l.note(func(e *Evidence) { e.Service = Service{Seen: true, Name: name, Found: true, Leads: leads} })
	}
}
