package hub

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// bodies follows the pods in which the Hub and its proxy would run.
type bodies struct {
	mu      sync.Mutex
	store   cache.Store
	current map[string]types.UID // of each component, the pod that it runs in
	changed func()
}

// body is the pod of a component.
type body struct {
	uid   types.UID // "" where there is none
	name  string
	ip    string
	ready bool
	since metav1.Time
}

// follow calls changed on every change of a pod of the Hub or the proxy.
func follow(ctx context.Context, client kubernetes.Interface, namespace string, changed func()) (*bodies, error) {
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace),
		informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = "component in (hub,proxy)" }))
	informer := factory.Core().V1().Pods().Informer()
	b := &bodies{store: informer.GetStore(), current: map[string]types.UID{}, changed: changed}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { changed() },
		UpdateFunc: func(any, any) { changed() },
		DeleteFunc: func(any) { changed() },
	})
	if err != nil {
		return nil, fmt.Errorf("follow the Hub's pod: %w", err)
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return b, nil
}

// of is the pod that a component runs in: the one it ran in before for as long
// as that is there, then the youngest that is ready.
func (b *bodies) of(component string) body {
	b.mu.Lock()
	defer b.mu.Unlock()
	best := body{}
	for _, object := range b.store.List() {
		pod, ok := object.(*corev1.Pod)
		if !ok || pod.Labels["component"] != component || !lives(pod) {
			continue
		}
		found := body{uid: pod.UID, name: pod.Name, ip: pod.Status.PodIP, ready: ready(pod), since: pod.CreationTimestamp}
		if found.uid == b.current[component] {
			return found
		}
		if found.ready && (best.uid == "" || best.since.Before(&found.since)) {
			best = found
		}
	}
	b.current[component] = best.uid
	return best
}

// lives says whether a pod's processes run: until it is told to go.
func lives(pod *corev1.Pod) bool {
	return pod.DeletionTimestamp == nil && pod.Status.Phase == corev1.PodRunning
}

func ready(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}
