package hub

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
)

// userPodSelector is KubeSpawner's.
const userPodSelector = "component=singleuser-server"

// How KubeSpawner's reflector watches: it begins anew after some time, and
// after an error, waiting twice as long each time, until it gives up.
const (
	watchSeconds  = 300
	firstDelay    = 200 * time.Millisecond
	longestDelay  = 30 * time.Second
	listDeadline  = time.Minute
	givingUpLines = 2 // the reflectors of pods and of events fail alike
)

// seenPod is what the Hub remembers of a pod.
type seenPod struct {
	phase    corev1.PodPhase
	running  bool // and ready, and not about to go
	ip       string
	exitCode *int32 // of the notebook container, once it ended
}

// reflector is the Hub's view of the user pods. It may be blind, and then what
// it remembers stays as it was.
type reflector struct {
	client    kubernetes.Interface
	namespace string
	log       *Log

	mu      sync.Mutex
	pods    map[string]seenPod
	alive   bool
	changed chan struct{} // closed on the next change
	stop    context.CancelFunc
}

func newReflector(client kubernetes.Interface, namespace string, log *Log) *reflector {
	return &reflector{client: client, namespace: namespace, log: log, pods: map[string]seenPod{}, changed: make(chan struct{})}
}

// start watches until ctx ends, kill is called or the reflector gives up.
func (r *reflector) start(ctx context.Context) {
	ctx, stop := context.WithCancel(ctx)
	r.mu.Lock()
	if r.stop != nil {
		r.stop()
	}
	r.stop, r.alive = stop, true
	r.mu.Unlock()
	r.log.Say(info, "reflector:297", "watching for pods with label selector='%s' in namespace %s", userPodSelector, r.namespace)
	first := make(chan struct{})
	go r.run(ctx, sync.OnceFunc(func() { close(first) }))
	select {
	case <-first:
	case <-ctx.Done():
	case <-time.After(listDeadline):
	}
}

// kill makes the reflector blind.
func (r *reflector) kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop != nil {
		r.stop()
	}
	r.alive = false
}

func (r *reflector) run(ctx context.Context, listed func()) {
	delay := firstDelay
	for ctx.Err() == nil {
		began, err := r.follow(ctx, listed)
		if ctx.Err() != nil {
			return
		}
		if began {
			delay = firstDelay
		}
		if err == nil {
			continue
		}
		if delay > longestDelay {
			r.log.Say(failure, "reflector:379", "Watching resources never recovered, giving up\n%s", traceback(err))
			r.mu.Lock()
			if ctx.Err() == nil {
				r.alive = false
			}
			r.mu.Unlock()
			return
		}
		r.log.Say(failure, "reflector:383", "Error when watching resources, retrying in %ss\n%s", seconds(delay), traceback(err))
		select {
		case <-time.After(delay):
		case <-ctx.Done():
		}
		delay *= 2
	}
}

// follow lists the pods and follows their changes until the watch ends. began
// says whether it got as far as that.
func (r *reflector) follow(ctx context.Context, listed func()) (began bool, err error) {
	pods := r.client.CoreV1().Pods(r.namespace)
	short, cancel := context.WithTimeout(ctx, listDeadline)
	list, err := pods.List(short, metav1.ListOptions{LabelSelector: userPodSelector, ResourceVersion: "0"})
	cancel()
	if err != nil {
		return false, fmt.Errorf("list pods: %w", err)
	}
	fresh := make(map[string]seenPod, len(list.Items))
	for i := range list.Items {
		fresh[list.Items[i].Name] = look(&list.Items[i])
	}
	r.update(ctx, func() { r.pods = fresh })
	stream, err := pods.Watch(ctx, metav1.ListOptions{
		LabelSelector: userPodSelector, ResourceVersion: list.ResourceVersion, TimeoutSeconds: new(int64(watchSeconds)),
	})
	listed()
	if err != nil {
		return true, fmt.Errorf("watch pods: %w", err)
	}
	defer stream.Stop()
	for event := range stream.ResultChan() {
		pod, ok := event.Object.(*corev1.Pod)
		if !ok {
			return true, fmt.Errorf("watch pods: %v", event.Object)
		}
		r.update(ctx, func() {
			if event.Type == watch.Deleted {
				delete(r.pods, pod.Name)
			} else {
				r.pods[pod.Name] = look(pod)
			}
		})
	}
	return true, nil
}

// update changes what is remembered, and tells who waits for a change.
func (r *reflector) update(ctx context.Context, change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() != nil {
		return // blind since
	}
	change()
	close(r.changed)
	r.changed = make(chan struct{})
}

// get is what is remembered of a pod.
func (r *reflector) get(name string) (seenPod, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pod, ok := r.pods[name]
	return pod, ok
}

func (r *reflector) sees() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.alive
}

// await waits until a pod is as wanted.
func (r *reflector) await(ctx context.Context, name string, wanted func(seenPod, bool) bool) error {
	for {
		r.mu.Lock()
		pod, ok := r.pods[name]
		changed := r.changed
		r.mu.Unlock()
		if wanted(pod, ok) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// look takes from a pod what KubeSpawner asks of it.
func look(pod *corev1.Pod) seenPod {
	seen := seenPod{
		phase: pod.Status.Phase, ip: pod.Status.PodIP,
		running: pod.Status.Phase == corev1.PodRunning && pod.DeletionTimestamp == nil && len(pod.Status.ContainerStatuses) > 0,
	}
	for _, container := range pod.Status.ContainerStatuses {
		seen.running = seen.running && container.Ready
		if end := container.State.Terminated; end != nil && container.Name == "notebook" {
			seen.exitCode = &end.ExitCode
		}
	}
	return seen
}

// seconds writes a duration as Python would.
func seconds(d time.Duration) string {
	return fmt.Sprintf("%.1f", math.Round(d.Seconds()*10)/10)
}

// traceback is what follows an error in the log, in brief.
func traceback(err error) string {
	return "Traceback (most recent call last):\n" + err.Error() + "\n"
}
