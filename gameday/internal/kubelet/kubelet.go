// Package kubelet plays in detail what happens on the nodes to the pods of
// launches and builds: images are pulled and containers started in a time that
// the scenario says, with the events that a kubelet reports, and with what can go
// wrong. KWOK has put them on a node before and removes them after.
package kubelet

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
	"github.com/binderctl/binderctl/gameday/internal/record"
)

// The faults of nodes.
const (
	PullFails        = "pull-fails"
	PullSlow         = "pull-slow"
	ContainerCrashes = "container-crashes"
)

// Times are how long things take on a node.
type Times struct {
	Pull     time.Duration `json:"pull"`
	SlowPull time.Duration `json:"slowPull"` // with the fault
	Start    time.Duration `json:"start"`
}

// Selector chooses the pods of users and of builds.
const Selector = "component in (singleuser-server,binderhub-build)"

// UserPods is the value of the label "component" of users' pods.
const UserPods = "singleuser-server"

// Kubelet plays the nodes.
type Kubelet struct {
	client    kubernetes.Interface
	namespace string
	times     Times
	has       func(fault string) bool
	book      *record.Book
	now       func() time.Time
	ctx       context.Context //nolint:containedctx // of all that is under way
	store     cache.Indexer
	reports   atomic.Uint64 // events that were made: no two have the same name

	mu      sync.Mutex
	busy    map[types.UID]context.CancelFunc // pods that are being started
	images  map[string]bool                  // node and image
	changed chan struct{}                    // closed on the next change
}

// Start plays the nodes until ctx ends. It returns once it sees the pods.
func Start(ctx context.Context, client kubernetes.Interface, namespace string, times Times, has func(string) bool, book *record.Book, now func() time.Time) (*Kubelet, error) {
	k := &Kubelet{
		client: client, namespace: namespace, times: times, has: has, book: book, now: now, ctx: ctx,
		busy: map[types.UID]context.CancelFunc{}, images: map[string]bool{}, changed: make(chan struct{}),
	}
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace),
		informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = Selector }))
	informer := factory.Core().V1().Pods().Informer()
	if err := informer.AddIndexers(cache.Indexers{byUser: indexUser}); err != nil {
		return nil, fmt.Errorf("follow pods: %w", err)
	}
	k.store = informer.GetIndexer()
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { k.saw(object, true) },
		UpdateFunc: func(_, object any) { k.saw(object, false) },
		DeleteFunc: func(object any) { k.lost(object) },
	})
	if err != nil {
		return nil, fmt.Errorf("follow pods: %w", err)
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return k, nil
}

const byUser = "user"

func indexUser(object any) ([]string, error) {
	if pod, ok := object.(*corev1.Pod); ok {
		return []string{User(pod)}, nil
	}
	return nil, nil
}

// User is whose pod it is; "" for none's.
func User(pod *corev1.Pod) string { return pod.Annotations["hub.jupyter.org/username"] }

// saw looks at a pod that is new or has changed.
func (k *Kubelet) saw(object any, isNew bool) {
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	defer k.stir()
	if pod.Status.Phase == corev1.PodRunning {
		k.images[pod.Spec.NodeName+" "+pod.Spec.Containers[0].Image] = true
	}
	if pod.Annotations[binderhub.StartsIn] != binderhub.Held {
		return
	}
	user := User(pod)
	if user != "" && isNew && pod.Status.Phase == corev1.PodPending {
		k.book.BeginOf(user, record.Schedule)
	}
	if user != "" && pod.Spec.NodeName != "" {
		k.book.EndOf(user, record.Schedule, "")
	}
	if pod.DeletionTimestamp != nil {
		k.drop(pod.UID)
		return
	}
	// KWOK, in charge of the node, has taken it on.
	placed := pod.Spec.NodeName != "" && pod.Status.Phase == corev1.PodPending && pod.Status.StartTime != nil
	if _, busy := k.busy[pod.UID]; !placed || busy || k.ctx.Err() != nil {
		return
	}
	ctx, cancel := context.WithCancel(k.ctx)
	k.busy[pod.UID] = cancel
	go k.run(ctx, pod.DeepCopy())
}

func (k *Kubelet) lost(object any) {
	if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = gone.Obj
	}
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(pod.UID)
	k.stir()
}

// drop ends what is under way for a pod. The caller holds the lock.
func (k *Kubelet) drop(uid types.UID) {
	if cancel := k.busy[uid]; cancel != nil {
		cancel()
	}
}

// stir wakes who waits for a change. The caller holds the lock.
func (k *Kubelet) stir() {
	close(k.changed)
	k.changed = make(chan struct{})
}
