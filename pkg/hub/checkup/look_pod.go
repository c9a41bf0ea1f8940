package checkup

import (
	"context"
	"errors"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
)

// pod finds the hub pod, whatever its state. It reports whether there is a
// cluster at all: without one there is no more to ask.
func (l *looker) pod(ctx context.Context) (goOn bool) {
	defer l.told(1, 0)
	pods, err := hub.Pods(ctx, l.client)
	if cluster.Unreachable(err) {
		l.e.LogOnly, l.e.Unreached = l.opts.Log != nil, true
		l.miss("the cluster", errors.Unwrap(err)) // whatever it was asked for
		return false
	}
	if err != nil {
		l.miss("the hub pod", err)
		return true
	}
	l.e.Pod = Pod{Seen: true, Others: []string{}}
	if len(pods) == 0 {
		return true
	}
	likeliest := &pods[0]
	l.e.Pod = podOf(likeliest)
	for i := range pods[1:] {
		if other := &pods[1+i]; other.Status.Phase == corev1.PodRunning && other.DeletionTimestamp == nil {
			l.e.Pod.Others = append(l.e.Pod.Others, other.Name)
		}
	}
	l.labels, l.release, l.container = likeliest.Labels, hub.Release(likeliest), hubContainer(likeliest)
	return true
}

func podOf(pod *corev1.Pod) Pod {
	p := Pod{
		Seen: true, Name: pod.Name, Phase: string(pod.Status.Phase), Node: pod.Spec.NodeName, Leaving: pod.DeletionTimestamp != nil,
		Created: pod.CreationTimestamp.UTC(), Began: hub.Started(pod), Image: cluster.Image(pod), Others: []string{},
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
		if container.Waiting != "" && (p.Waiting == "" || container.Name == hubContainer(pod)) {
			p.Waiting, p.Message = container.Waiting, container.Message
		}
		if container.Name == hubContainer(pod) || p.Death == nil {
			p.Death = container.Death
		}
	}
	return p
}

// hubContainer names the container of the hub pod that is the Hub: the first, if
// none is called so.
func hubContainer(pod *corev1.Pod) string {
	const usual = "hub"
	name := ""
	for i := range pod.Spec.Containers {
		if container := pod.Spec.Containers[i].Name; name == "" || container == usual {
			name = container
		}
	}
	return name
}

// service finds out whether a Service leads to the hub pod: the one of the usual
// name or, on a chart that names it otherwise, any.
func (l *looker) service(ctx context.Context) {
	if l.opts.Hub.URL != "" || l.e.Pod.Name == "" {
		return
	}
	services := l.client.Kube.CoreV1().Services(l.client.Where.Namespace)
	usual, err := services.Get(ctx, usualService, metav1.GetOptions{})
	if err == nil && l.leads(usual) {
		l.note(func(e *Evidence) { e.Service = Service{Seen: true, Name: usualService, Leads: true} })
		return
	}
	all, err := services.List(ctx, metav1.ListOptions{})
	if err != nil {
		l.miss("the Hub's Service", err)
		return
	}
	found := Service{Seen: true}
	for i := range all.Items {
		if l.leads(&all.Items[i]) {
			found.Name, found.Leads = all.Items[i].Name, true
		}
	}
	l.note(func(e *Evidence) { e.Service = found })
}

const usualService = "hub" // the chart's, unless a release is named otherwise

// leads reports whether a Service's selector fits the hub pod.
func (l *looker) leads(service *corev1.Service) bool {
	selector := service.Spec.Selector
	return len(selector) > 0 && labels.SelectorFromSet(selector).Matches(labels.Set(l.labels))
}
