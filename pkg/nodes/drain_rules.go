package nodes

import (
	"context"
	"errors"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	appsclient "k8s.io/client-go/kubernetes/typed/apps/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/kubectl/pkg/drain"

	appsv1 "k8s.io/api/apps/v1"
)

// rules are kubectl's, on which pods a drain may evict. They are asked about one
// pod at a time, so that each has a verdict of its own: kubectl's answer for a
// node is a list of pods, and its reasons are one text for all.
type rules struct {
	helper drain.Helper
	held   *heldClient
}

// newRules returns kubectl's rules with these flags of kubectl's.
func newRules(ctx context.Context, kube kubernetes.Interface, force, emptyDir bool) *rules {
	held := &heldClient{Interface: kube, daemons: map[types.NamespacedName]error{}}
	return &rules{held: held, helper: drain.Helper{
		Ctx: ctx, Client: held, GracePeriodSeconds: -1,
		IgnoreAllDaemonSets: true, Force: force, DeleteEmptyDirData: emptyDir,
	}}
}

// evictable reports whether kubectl would evict a pod, and what it says if that
// takes another flag. A pod that is neither evictable nor refused belongs to its
// node.
func (r *rules) evictable(pod *corev1.Pod) (evict bool, refusal error) {
	r.held.pod = pod
	list, errs := r.helper.GetPodsForDeletion(pod.Spec.NodeName)
	if len(errs) > 0 {
		return false, errors.Join(errs...)
	}
	return len(list.Pods()) > 0, nil
}

// heldClient answers kubectl's two questions from what is held already: which
// pods there are, and whether a DaemonSet still exists, asked once for each.
type heldClient struct {
	kubernetes.Interface
	pod     *corev1.Pod
	daemons map[types.NamespacedName]error
}

// CoreV1 lists the pod at hand.
func (h *heldClient) CoreV1() coreclient.CoreV1Interface { return heldCore{h.Interface.CoreV1(), h} }

// AppsV1 remembers DaemonSets.
func (h *heldClient) AppsV1() appsclient.AppsV1Interface { return heldApps{h.Interface.AppsV1(), h} }

type heldCore struct {
	coreclient.CoreV1Interface
	held *heldClient
}

// Pods lists the pod at hand.
func (c heldCore) Pods(namespace string) coreclient.PodInterface {
	return heldPods{c.CoreV1Interface.Pods(namespace), c.held}
}

type heldPods struct {
	coreclient.PodInterface
	held *heldClient
}

// List returns the pod at hand.
func (p heldPods) List(context.Context, metav1.ListOptions) (*corev1.PodList, error) {
	return &corev1.PodList{Items: []corev1.Pod{*p.held.pod}}, nil
}

type heldApps struct {
	appsclient.AppsV1Interface
	held *heldClient
}

// DaemonSets remembers DaemonSets.
func (a heldApps) DaemonSets(namespace string) appsclient.DaemonSetInterface {
	return heldDaemons{a.AppsV1Interface.DaemonSets(namespace), namespace, a.held}
}

type heldDaemons struct {
	appsclient.DaemonSetInterface
	namespace string
	held      *heldClient
}

// Get says whether a DaemonSet exists. One that may not be read is taken to:
// then its pods stay where they are.
func (d heldDaemons) Get(ctx context.Context, name string, opts metav1.GetOptions) (*appsv1.DaemonSet, error) {
	key := types.NamespacedName{Namespace: d.namespace, Name: name}
	err, known := d.held.daemons[key]
	if !known {
		_, err = d.DaemonSetInterface.Get(ctx, name, opts)
		if apierrors.IsForbidden(err) {
			err = nil
		}
		d.held.daemons[key] = err
	}
	return &appsv1.DaemonSet{}, err
}
