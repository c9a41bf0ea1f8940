package launchtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Found is a BinderHub that was found in a cluster, and how to reach it.
type Found struct {
	URL       string
	Via       string            // in words
	Trust     []string          // hosts that its cluster serves
	Transport http.RoundTripper // nil is the usual one
	Close     func() error
}

// ErrNoBinder means that there is no BinderHub in the namespace.
var ErrNoBinder = errors.New("there is no BinderHub")

const (
	binderName     = "binder" // of its Service (the binderhub chart's)
	binderSelector = "component=binder"
	binderPort     = 8585           // of its pod (BinderHub's default)
	publicProxy    = "proxy-public" // the Service that leads to users' servers (z2jh's)
)

// Find finds the BinderHub of the client's namespace: by its Ingress, else
// through a tunnel to its pod, as kubectl port-forward would.
func Find(ctx context.Context, c *cluster.Client) (Found, error) {
	namespace := c.Where.Namespace
	ingresses, err := c.Kube.NetworkingV1().Ingresses(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		ingresses = &networkingv1.IngressList{} // the pod may be seen all the same
	}
	trust := append(hostsOf(ingresses.Items), loadBalancer(ctx, c)...)
	if address := ingressOf(ingresses.Items); address != "" {
		return Found{URL: address, Via: "its Ingress", Trust: trust, Close: func() error { return nil }}, nil
	}
	way := &tunnel{client: c}
	pod, err := way.open(ctx)
	if err != nil {
		return Found{}, err
	}
	return Found{
		URL: "http://" + binderName, Via: "a tunnel to pod " + pod, Trust: append(trust, "localhost", "127.0.0.1", "::1"),
		Transport: &http.Transport{DialContext: way.dial, IdleConnTimeout: cluster.TunnelIdle}, Close: way.close,
	}, nil
}

// ingressOf is the address that leads to the Service of BinderHub, or "".
func ingressOf(ingresses []networkingv1.Ingress) string {
	for i := range ingresses {
		ingress := &ingresses[i]
		for _, rule := range ingress.Spec.Rules {
			if rule.Host == "" || rule.HTTP == nil {
				continue
			}
			for _, path := range rule.HTTP.Paths {
				if path.Backend.Service == nil || path.Backend.Service.Name != binderName {
					continue
				}
				address := url.URL{Scheme: "http", Host: rule.Host, Path: path.Path}
				if slices.ContainsFunc(ingress.Spec.TLS, func(tls networkingv1.IngressTLS) bool { return slices.Contains(tls.Hosts, rule.Host) }) {
					address.Scheme = "https"
				}
				if address.Path == "/" {
					address.Path = ""
				}
				return address.String()
			}
		}
	}
	return ""
}

func hostsOf(ingresses []networkingv1.Ingress) []string {
	var hosts []string
	for i := range ingresses {
		for _, rule := range ingresses[i].Spec.Rules {
			if rule.Host != "" {
				hosts = append(hosts, rule.Host)
			}
		}
	}
	return hosts
}

// loadBalancer are the addresses by which the users' proxy is reached.
func loadBalancer(ctx context.Context, c *cluster.Client) []string {
	service, err := c.Kube.CoreV1().Services(c.Where.Namespace).Get(ctx, publicProxy, metav1.GetOptions{})
	if err != nil {
		return nil
	}
	var hosts []string
	for _, address := range service.Status.LoadBalancer.Ingress {
		for _, host := range []string{address.IP, address.Hostname} {
			if host != "" {
				hosts = append(hosts, host)
			}
		}
	}
	return hosts
}

// tunnel leads to the binder pod, and to the next one when that has gone.
type tunnel struct {
	client *cluster.Client

	mu  sync.Mutex
	way *cluster.Tunnel
	pod string
}

func (t *tunnel) open(ctx context.Context) (pod string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.way != nil && !t.way.Ended() {
		return t.pod, nil
	}
	if t.pod, err = binderPod(ctx, t.client); err != nil {
		return "", err
	}
	t.way, err = t.client.OpenTunnel(ctx, t.client.Where.Namespace, t.pod, binderPort)
	return t.pod, err
}

func (t *tunnel) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if _, err := t.open(ctx); err != nil {
		return nil, err
	}
	t.mu.Lock()
	way := t.way
	t.mu.Unlock()
	return way.Dial(ctx, network, address)
}

func (t *tunnel) close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.way == nil {
		return nil
	}
	return t.way.Close()
}

// binderPod is the name of a binder pod that is ready.
func binderPod(ctx context.Context, c *cluster.Client) (string, error) {
	list, err := c.Kube.CoreV1().Pods(c.Where.Namespace).List(ctx, metav1.ListOptions{LabelSelector: binderSelector})
	if err != nil {
		return "", fmt.Errorf("find the binder pod: %w", err)
	}
	if len(list.Items) == 0 {
		return "", fmt.Errorf("%w: namespace %s has no pod with the label %s, and no Ingress for it", ErrNoBinder, c.Where.Namespace, binderSelector)
	}
	for i := range list.Items {
		pod := &list.Items[i]
		if pod.DeletionTimestamp == nil && isReady(pod) {
			return pod.Name, nil
		}
	}
	return "", fmt.Errorf("BinderHub does not run: pod %s is not ready", list.Items[0].Name)
}
