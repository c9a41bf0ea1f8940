package realhub

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
)

// probePeriod is how often the kubelet asks whether the Hub answers.
const probePeriod = 100 * time.Millisecond

// kubelet does for the hub pod what a real one would: it runs the Hub.
type kubelet struct {
	hub          *Hub
	pods         listers.PodNamespaceLister
	changed      chan struct{}
	cancel       context.CancelFunc
	ended        chan struct{}
	ready        chan struct{} // closed when the Hub answered for the first time
	readyOnce    sync.Once
	loseDatabase atomic.Bool
	reporting    atomic.Bool // somebody sees to it that the pod's status is right

	// Of its own goroutine alone.
	pod      types.UID // whose program it is
	program  *process
	restarts int32
	err      error
}

// follow begins to run the Hub in its pod.
func follow(ctx context.Context, hub *Hub) *kubelet {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	factory := informers.NewSharedInformerFactoryWithOptions(hub.kube, 0,
		informers.WithNamespace(hub.day.Namespace),
		informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = "app=jupyterhub,component=hub" }))
	pods := factory.Core().V1().Pods()
	k := &kubelet{
		hub: hub, pods: pods.Lister().Pods(hub.day.Namespace), cancel: cancel,
		changed: make(chan struct{}, 1), ended: make(chan struct{}), ready: make(chan struct{}),
	}
	informer := pods.Informer()
	// The API server is down at times: that is what some tests are about.
	_ = informer.SetWatchErrorHandlerWithContext(func(context.Context, *cache.Reflector, error) {})
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { k.look() },
		UpdateFunc: func(_, _ any) { k.look() },
		DeleteFunc: func(any) { k.look() },
	})
	if err != nil {
		k.err = err
	}
	factory.Start(ctx.Done())
	go k.run(ctx)
	return k
}

// look has the kubelet look at the pods again.
func (k *kubelet) look() {
	select {
	case k.changed <- struct{}{}:
	default:
	}
}

// firstReady waits until the Hub answers for the first time.
func (k *kubelet) firstReady(ctx context.Context) error {
	select {
	case <-k.ready:
		return nil
	case <-k.ended:
		return k.err
	case <-ctx.Done():
		return fmt.Errorf("wait for the Hub: %w", ctx.Err())
	}
}

func (k *kubelet) stop() error {
	k.cancel()
	<-k.ended
	return k.err
}

func (k *kubelet) run(ctx context.Context) {
	defer close(k.ended)
	defer k.end()
	for k.err == nil {
		var died <-chan struct{}
		if k.program != nil {
			died = k.program.ended
		}
		select {
		case <-ctx.Done():
			return
		case <-k.changed:
		case <-died:
			k.program = nil
			k.restarts++
		}
		k.sync(ctx)
	}
}

// sync has the program run that belongs to the pod there is.
func (k *kubelet) sync(ctx context.Context) {
	pod := k.current()
	if pod == nil || pod.UID != k.pod {
		k.end()
		k.pod, k.restarts = "", 0
	}
	if pod == nil {
		return
	}
	if k.program != nil {
		// While the API server was away, the node was taken for dead and the pod
		// for not ready.
		if !isReady(pod) {
			k.report(ctx, pod, k.program, k.restarts, false)
		}
		return
	}
	if k.pod != pod.UID {
		k.pod = pod.UID
		if k.err = errors.Join(k.prepare(), k.hub.log.begin()); k.err != nil {
			return
		}
	}
	if k.program, k.err = k.hub.startProgram(); k.err == nil {
		k.report(ctx, pod, k.program, k.restarts, true)
	}
}

// end ends the program, if one runs.
func (k *kubelet) end() {
	if k.program != nil {
		k.err = errors.Join(k.err, k.program.stop())
		k.program = nil
	}
}

func (k *kubelet) prepare() error {
	if !k.loseDatabase.Swap(false) {
		return nil
	}
	if err := os.Remove(k.hub.database()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("lose the database: %w", err)
	}
	return nil
}

// current is the newest hub pod that has a node and is not on its way out.
func (k *kubelet) current() *corev1.Pod {
	pods, _ := k.pods.List(labels.Everything())
	var newest *corev1.Pod
	for _, pod := range pods {
		if pod.DeletionTimestamp != nil || pod.Spec.NodeName == "" {
			continue
		}
		if newest == nil || newest.CreationTimestamp.Before(&pod.CreationTimestamp) {
			newest = pod
		}
	}
	return newest
}

// report begins to say in the pod's status how its program fares: that it is not
// ready yet, if it has just begun, and then that it is.
func (k *kubelet) report(ctx context.Context, pod *corev1.Pod, program *process, restarts int32, begins bool) {
	say := func(ready bool) {
		for ctx.Err() == nil && !hasEnded(program) && k.update(ctx, pod, ready, restarts) != nil {
			wait(ctx, program)
		}
	}
	if !k.reporting.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer k.look()
		defer k.reporting.Store(false)
		if begins {
			say(false)
		}
		for !k.answers(ctx) {
			if !wait(ctx, program) {
				return
			}
		}
		say(true)
		k.readyOnce.Do(func() { close(k.ready) })
	}()
}

func hasEnded(program *process) bool {
	select {
	case <-program.ended:
		return true
	default:
		return false
	}
}

// wait waits for the time to ask again, unless there is nobody left to ask.
func wait(ctx context.Context, program *process) bool {
	timer := time.NewTimer(probePeriod)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-program.ended:
		return false
	case <-ctx.Done():
		return false
	}
}

// answers says whether the Hub answers, as its readiness probe does.
func (k *kubelet) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, string(k.hub.API)+"/health", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// update writes the pod's status.
func (k *kubelet) update(ctx context.Context, pod *corev1.Pod, ready bool, restarts int32) error {
	pods := k.hub.kube.CoreV1().Pods(pod.Namespace)
	fresh, err := pods.Get(ctx, pod.Name, metav1.GetOptions{})
	if err != nil || fresh.UID != pod.UID {
		return err
	}
	k.hub.describe(fresh, ready, restarts)
	_, err = pods.UpdateStatus(ctx, fresh, metav1.UpdateOptions{})
	return err
}
