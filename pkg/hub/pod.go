package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// These find the pods of the Hub and of its proxy on every version of the chart.
const (
	hubSelector   = "component=hub"
	proxySelector = "component=proxy"
)

const (
	appLabel     = "app"        // names the software that a pod is of
	chartsApp    = "jupyterhub" // what JupyterHub's chart has there, unless it was told otherwise
	releaseLabel = "release"    // names the release of the chart that a pod belongs to
)

// Pods are the hub pods of the client's namespace in whatever state, the likeliest
// to be the Hub first: one that lives before one that has ended, one that is to
// stay before one that is on its way out, and then the newest.
func Pods(ctx context.Context, c *cluster.Client) ([]corev1.Pod, error) {
	return podsOf(ctx, c, hubSelector, "hub")
}

func podsOf(ctx context.Context, c *cluster.Client, selector, what string) ([]corev1.Pod, error) {
	list, err := c.Kube.CoreV1().Pods(c.Where.Namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, fmt.Errorf("find the %s pod: %w", what, c.Plain(err))
	}
	pods := ours(list.Items)
	slices.SortStableFunc(pods, func(a, b corev1.Pod) int {
		return cmp.Or(yes(hasEnded(&a))-yes(hasEnded(&b)), yes(leaves(&a))-yes(leaves(&b)), b.CreationTimestamp.Compare(a.CreationTimestamp.Time))
	})
	return pods, nil
}

// Pod finds the hub pod of the client's namespace: the newest that is ready. If
// there is none the error is ErrNoHub, if none is ready ErrUnreachable.
func Pod(ctx context.Context, c *cluster.Client) (*corev1.Pod, error) {
	return readyPod(ctx, c, hubSelector, "hub", ErrNoHub)
}

// runningPod is Pod, or the likeliest that runs where none is ready: it may answer
// all the same, and only its readiness fail.
func runningPod(ctx context.Context, c *cluster.Client) (*corev1.Pod, error) {
	ready, notReady := Pod(ctx, c)
	if !errors.Is(notReady, ErrUnreachable) {
		return ready, notReady
	}
	pods, err := Pods(ctx, c)
	if err != nil || len(pods) == 0 || pods[0].Status.Phase != corev1.PodRunning || leaves(&pods[0]) {
		return nil, errors.Join(notReady, err)
	}
	return &pods[0], nil
}

// likeliestPod is the one that tells most of how the Hub was deployed, or nil: it
// only helps to find what else is the Hub's.
func likeliestPod(ctx context.Context, c *cluster.Client) *corev1.Pod {
	pods, err := Pods(ctx, c)
	if err != nil || len(pods) == 0 {
		return nil
	}
	return &pods[0]
}

// proxyOf finds the proxy's pod: that of the hub pod's release, if it is
// known.
func proxyOf(hub *corev1.Pod) findPod {
	selector := proxySelector
	if hub != nil && Release(hub) != "" {
		selector += "," + releaseLabel + "=" + Release(hub)
	}
	return func(ctx context.Context, c *cluster.Client) (*corev1.Pod, error) {
		return readyPod(ctx, c, selector, "proxy", errors.New("there is no proxy"))
	}
}

// Release is the release of the chart of which a hub pod is; "" if it does not tell.
func Release(pod *corev1.Pod) string { return pod.Labels[releaseLabel] }

// Alone is an error if there are two hub pods that run in the client's namespace:
// two Hubs, or two lives of one, know different servers.
//
// Two releases of the chart label their users' pods differently, which suffices to
// spare the pods of the other (Sighting.OfRelease), and not to delete one's own: the
// label is whatever a Hub was configured to write, and one whose configuration was
// copied from the other writes the other's. Its sessions would look like orphans, so
// few of them that no other guard would notice.
func Alone(ctx context.Context, c *cluster.Client) error {
	pods, err := Pods(ctx, c)
	if err != nil {
		return err
	}
	running := slices.DeleteFunc(pods, func(pod corev1.Pod) bool { return hasEnded(&pod) })
	if len(running) < 2 {
		return nil
	}
	one, other := &running[0], &running[1]
	if Release(one) != Release(other) {
		return fmt.Errorf("there are %d Hubs (pod %s of release %q, pod %s of release %q), and each knows its own servers", len(running), one.Name, Release(one), other.Name, Release(other))
	}
	return fmt.Errorf("there are %d hub pods (%s, %s), and each knows its own servers", len(running), one.Name, other.Name)
}

// onlyPod is the hub pod, be it ready or not. Were there two, nobody could say
// which of them is the Hub.
func onlyPod(ctx context.Context, c *cluster.Client) (*corev1.Pod, error) {
	pods, err := Pods(ctx, c)
	if err != nil {
		return nil, err
	}
	going := ""
	stay := slices.DeleteFunc(pods, func(pod corev1.Pod) bool {
		if leaves(&pod) && !hasEnded(&pod) {
			going = pod.Name
		}
		return leaves(&pod) || hasEnded(&pod)
	})
	switch {
	case len(stay) == 1:
		return &stay[0], nil
	case len(stay) > 1:
		return nil, fmt.Errorf("find the hub pod: there are %d (%s, %s), and %w", len(stay), stay[0].Name, stay[1].Name, ErrSeveral)
	case going != "":
		return nil, fmt.Errorf("find the hub pod: %w but %s, which is being deleted already", ErrNoHub, going)
	default:
		return nil, fmt.Errorf("find the hub pod: %w in namespace %s", ErrNoHub, c.Where.Namespace)
	}
}

// stillPod finds the hub pod as long as it is this one.
func stillPod(uid types.UID) findPod {
	return func(ctx context.Context, c *cluster.Client) (*corev1.Pod, error) {
		pod, err := Pod(ctx, c)
		if err == nil && pod.UID != uid {
			return nil, fmt.Errorf("%w: its pod has gone, and %s is another", ErrUnreachable, pod.Name)
		}
		return pod, err
	}
}

func readyPod(ctx context.Context, c *cluster.Client, selector, what string, none error) (*corev1.Pod, error) {
	pods, err := podsOf(ctx, c, selector, what)
	if err != nil {
		return nil, err
	}
	if len(pods) == 0 {
		return nil, fmt.Errorf("%w: namespace %s has no pod with the label %s", none, c.Where.Namespace, selector)
	}
	for i := range pods {
		if pod := &pods[i]; !leaves(pod) && cluster.PodReady(pod) {
			return pod, nil
		}
	}
	return nil, fmt.Errorf("%w: pod %s is not ready", ErrUnreachable, pods[0].Name)
}

// ours are the pods that JupyterHub's chart has labelled as its own, if there are
// any: other software has components called hub, too.
func ours(pods []corev1.Pod) []corev1.Pod {
	labelled := slices.DeleteFunc(slices.Clone(pods), func(pod corev1.Pod) bool { return pod.Labels[appLabel] != chartsApp })
	if len(labelled) == 0 {
		return pods
	}
	return labelled
}

// leaves reports whether somebody asked for a pod to go.
func leaves(pod *corev1.Pod) bool { return pod.DeletionTimestamp != nil }

// hasEnded reports whether a pod's containers have ended for good: it was evicted,
// for instance, and its record is still there.
func hasEnded(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded
}
