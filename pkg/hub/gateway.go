package hub

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster"
)

const (
	apiPort   = 8081 // of the hub pod (z2jh's)
	proxyPort = 8001 // of the proxy pod: configurable-http-proxy's own API (z2jh's)
)

// gateway makes connections to a port of a pod through a tunnel, and opens
// another when the tunnel has ended: with its pod, or with the API server's
// connection.
type gateway struct {
	client *cluster.Client
	find   func(context.Context, *cluster.Client) (*corev1.Pod, error)
	port   int

	mu     sync.Mutex
	tunnel *cluster.Tunnel
}

// open opens the tunnel, unless there is one.
func (g *gateway) open(ctx context.Context) error {
	_, err := g.current(ctx)
	return err
}

func (g *gateway) current(ctx context.Context) (*cluster.Tunnel, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tunnel != nil && !g.tunnel.Ended() {
		return g.tunnel, nil
	}
	pod, err := g.find(ctx, g.client)
	if err != nil {
		return nil, err
	}
	tunnel, err := g.client.OpenTunnel(ctx, pod.Namespace, pod.Name, g.port)
	if err != nil {
		return nil, unreachableError{err}
	}
	g.tunnel = tunnel
	return tunnel, nil
}

// dial makes a connection; it has the shape of net.Dialer.DialContext.
func (g *gateway) dial(ctx context.Context, network, address string) (net.Conn, error) {
	tunnel, err := g.current(ctx)
	if err != nil {
		return nil, err
	}
	return tunnel.Dial(ctx, network, address)
}

func (g *gateway) close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tunnel == nil {
		return nil
	}
	return g.tunnel.Close()
}

// PodSelector and proxySelector find those pods on every version of the chart.
const (
	PodSelector   = "component=hub"
	hubSelector   = PodSelector
	proxySelector = "component=proxy"
)

// Pod finds the hub pod of the client's namespace: the newest that is ready. If
// there is none the error is ErrNoHub, if none is ready ErrUnreachable.
func Pod(ctx context.Context, c *cluster.Client) (*corev1.Pod, error) {
	return readyPod(ctx, c, hubSelector, "hub", ErrNoHub)
}

// proxyOf finds the proxy's pod: that of the hub pod's release, if it is
// known.
func proxyOf(hub *corev1.Pod) func(context.Context, *cluster.Client) (*corev1.Pod, error) {
	selector := proxySelector
	if hub != nil && hub.Labels[releaseLabel] != "" {
		selector += "," + releaseLabel + "=" + hub.Labels[releaseLabel]
	}
	return func(ctx context.Context, c *cluster.Client) (*corev1.Pod, error) {
		return readyPod(ctx, c, selector, "proxy", errors.New("there is no proxy"))
	}
}

// releaseLabel names the release of the chart that a pod belongs to.
const releaseLabel = "release"

// Alone is an error if there are two hub pods that run in the client's namespace:
// two Hubs, or two lives of one, know different servers.
func Alone(ctx context.Context, c *cluster.Client) error {
	list, err := c.Kube.CoreV1().Pods(c.Where.Namespace).List(ctx, metav1.ListOptions{LabelSelector: hubSelector})
	if err != nil {
		return fmt.Errorf("find the hub pod: %w", err)
	}
	running := slices.DeleteFunc(ours(list.Items), func(pod corev1.Pod) bool {
		return pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded
	})
	if len(running) > 1 {
		return fmt.Errorf("there are %d hub pods (%s, %s), and each knows its own servers", len(running), running[0].Name, running[1].Name)
	}
	return nil
}

// stillPod finds the hub pod as long as it is this one.
func stillPod(uid types.UID) func(context.Context, *cluster.Client) (*corev1.Pod, error) {
	return func(ctx context.Context, c *cluster.Client) (*corev1.Pod, error) {
		pod, err := Pod(ctx, c)
		if err == nil && pod.UID != uid {
			return nil, fmt.Errorf("%w: its pod has gone, and %s is another", ErrUnreachable, pod.Name)
		}
		return pod, err
	}
}

func readyPod(ctx context.Context, c *cluster.Client, selector, what string, none error) (*corev1.Pod, error) {
	list, err := c.Kube.CoreV1().Pods(c.Where.Namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, fmt.Errorf("find the %s pod: %w", what, err)
	}
	list.Items = ours(list.Items)
	if len(list.Items) == 0 {
		return nil, fmt.Errorf("%w: namespace %s has no pod with the label %s", none, c.Where.Namespace, selector)
	}
	slices.SortFunc(list.Items, func(a, b corev1.Pod) int {
		return b.CreationTimestamp.Compare(a.CreationTimestamp.Time)
	})
	for i := range list.Items {
		if pod := &list.Items[i]; pod.DeletionTimestamp == nil && isReady(pod) {
			return pod, nil
		}
	}
	return nil, fmt.Errorf("%w: pod %s is not ready", ErrUnreachable, list.Items[0].Name)
}

// ours are the pods that JupyterHub's chart has labelled as its own, if there are
// any: other software has components called hub, too.
func ours(pods []corev1.Pod) []corev1.Pod {
	labelled := slices.DeleteFunc(slices.Clone(pods), func(pod corev1.Pod) bool { return pod.Labels["app"] != "jupyterhub" })
	if len(labelled) == 0 {
		return pods
	}
	return labelled
}

func isReady(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}
