package launchtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	corev1 "k8s.io/api/core/v1"
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
	binderName  = "binder"       // of its Service (the binderhub chart's)
	publicProxy = "proxy-public" // the Service that leads to users' servers (z2jh's)
)

// Find finds the BinderHub of the client's namespace: by its Ingress, else
// through a tunnel to its pod, as kubectl port-forward would. It is ErrNoBinder only
// if both could be looked for.
func Find(ctx context.Context, c *cluster.Client) (Found, error) {
	namespace := c.Where.Namespace
	ingresses, unread := c.Kube.NetworkingV1().Ingresses(namespace).List(ctx, metav1.ListOptions{})
	if unread != nil {
		ingresses = &networkingv1.IngressList{} // the pod may be seen all the same
	}
	trust := append(hostsOf(ingresses.Items), loadBalancer(ctx, c)...)
	if address := ingressOf(ingresses.Items); address != "" {
		return Found{URL: address, Via: "its Ingress", Trust: trust, Close: func() error { return nil }}, nil
	}
	way, err := c.OpenGateway(ctx, binderPod)
	switch {
	case unread != nil && errors.Is(err, ErrNoBinder): // for all that is known there may be one
		return Found{}, fmt.Errorf("find the BinderHub: it has no pod in namespace %s, and whether it has an Ingress cannot be seen: %w", namespace, c.Plain(unread))
	case err != nil:
		return Found{}, err
	}
	return Found{
		URL: "http://" + binderName, Via: way.String(), Trust: append(trust, "localhost", "127.0.0.1", "::1"),
		Transport: &http.Transport{DialContext: way.Dial, IdleConnTimeout: cluster.TunnelIdle}, Close: way.Close,
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

// binderPod finds a binder pod that is ready.
func binderPod(ctx context.Context, c *cluster.Client) (*corev1.Pod, int, error) {
	list, err := c.Kube.CoreV1().Pods(c.Where.Namespace).List(ctx, metav1.ListOptions{LabelSelector: cluster.BinderSelector})
	if err != nil {
		return nil, 0, fmt.Errorf("find the binder pod: %w", c.Plain(err))
	}
	if len(list.Items) == 0 {
		return nil, 0, fmt.Errorf("%w: namespace %s has no pod with the label %s, and no Ingress for it", ErrNoBinder, c.Where.Namespace, cluster.BinderSelector)
	}
	for i := range list.Items {
		pod := &list.Items[i]
		if pod.DeletionTimestamp == nil && cluster.PodReady(pod) {
			return pod, cluster.BinderPort(pod), nil
		}
	}
	return nil, 0, fmt.Errorf("BinderHub does not run: pod %s is not ready", list.Items[0].Name)
}
