package launchtest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
	"github.com/binderctl/binderctl/pkg/launchtest"
)

// clusterWith is a cluster with some objects in its namespace.
func clusterWith(objects ...runtime.Object) *cluster.Client {
	return &cluster.Client{
		Kube: fake.NewClientset(objects...), Where: cluster.Location{Namespace: clustertest.Namespace}, Now: clustertest.Now,
	}
}

// ingress leads from a path of a host to a Service.
func ingress(name, host, path, service string, tls bool) *networkingv1.Ingress {
	made := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: clustertest.Namespace}}
	made.Spec.Rules = []networkingv1.IngressRule{{Host: host, IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
		Paths: []networkingv1.HTTPIngressPath{{Path: path, Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: service}}}},
	}}}}
	if tls {
		made.Spec.TLS = []networkingv1.IngressTLS{{Hosts: []string{host}}}
	}
	return made
}

// TestFindByIngress finds a BinderHub by what leads to its Service, and trusts all
// that leads into its namespace.
func TestFindByIngress(t *testing.T) {
	t.Parallel()
	proxy := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "proxy-public", Namespace: clustertest.Namespace}}
	proxy.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "192.0.2.7"}, {Hostname: "lb.example.net"}}
	for name, test := range map[string]struct {
		objects []runtime.Object
		url     string
		trust   string
	}{
		"with TLS": {
			[]runtime.Object{ingress("jupyterhub", "hub.example.org", "/", "proxy-public", true), ingress("binderhub", "binder.example.org", "/", "binder", true)},
			"https://binder.example.org", "binder.example.org hub.example.org",
		},
		"below a path, without TLS": {
			[]runtime.Object{ingress("binderhub", "example.org", "/binder", "binder", false), proxy},
			"http://example.org/binder", "192.0.2.7 example.org lb.example.net",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := launchtest.Find(t.Context(), clusterWith(test.objects...))
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(found.Trust)
			if found.URL != test.url || strings.Join(found.Trust, " ") != test.trust || found.Transport != nil || found.Close() != nil {
				t.Errorf("%+v", found)
			}
		})
	}
}

// TestFindNone says why there is no way to a BinderHub.
func TestFindNone(t *testing.T) {
	t.Parallel()
	_, err := launchtest.Find(t.Context(), clusterWith(ingress("jupyterhub", "hub.example.org", "/", "proxy-public", true)))
	if !errors.Is(err, launchtest.ErrNoBinder) {
		t.Errorf("without a binder pod: %v", err)
	}
	client := clusterWith()
	forbidden := apierrors.NewForbidden(networkingv1.Resource("ingresses"), "", errors.New("no"))
	client.Kube.(*fake.Clientset).PrependReactor("list", "ingresses", func(k8stesting.Action) (bool, runtime.Object, error) { return true, nil, forbidden })
	if _, err := launchtest.Find(t.Context(), client); errors.Is(err, launchtest.ErrNoBinder) || !apierrors.IsForbidden(err) {
		t.Errorf("without the right to see Ingresses: %v", err)
	}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "binder-1", Namespace: clustertest.Namespace, Labels: map[string]string{"component": "binder"}}}
	if _, err := launchtest.Find(t.Context(), clusterWith(pod)); err == nil || !strings.Contains(err.Error(), "pod binder-1 is not ready") {
		t.Errorf("with one that is not ready: %v", err)
	}
}
