package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// Each incident in which a node is guilty comes up with its evidence, and is
// over once the services on that node have moved.
func TestIncidentsOfANodeAndTheirHealing(t *testing.T) {
	for _, incident := range []struct {
		scenario, node            string
		namespace, pod, container string // one that crashes
		log                       string // what it wrote before
		evidence                  string // the reason of an event
		service                   string // selects what has to move
	}{
		{
			scenario: "reddit-hug", node: "gke-prod-a-ssd-pool-972e4826-2fhq",
			namespace: "kube-system", pod: "fluentd-gcp-v2.0.9-68p79", container: "fluentd-gcp",
			log: "Temporary failure in name resolution", evidence: "Unhealthy", service: "app=nginx-ingress",
		},
		{
			scenario: "oom-proxy", node: "gke-prod-a-default-pool-6ab3d8ec-0h28",
			namespace: "prod", pod: "proxy-fd9c4f59b-pjhth", container: "nginx",
			log: "exited on signal 9", evidence: "OOMKilling", service: "component=proxy",
		},
	} {
		t.Run(incident.scenario, func(t *testing.T) {
			day := newGameday(t)
			day.must(t, "up", incident.scenario, "--quiet")
			client := connect(t, day, incident.scenario)
			for _, options := range []corev1.PodLogOptions{{Previous: true}, {}} {
				options.Container = incident.container
				log, err := client.CoreV1().Pods(incident.namespace).GetLogs(incident.pod, &options).DoRaw(t.Context())
				if err != nil || !strings.Contains(string(log), incident.log) {
					t.Errorf("the log (previous: %t) is %q, %v", options.Previous, log, err)
				}
			}
			events, err := client.CoreV1().Events("").List(t.Context(), metav1.ListOptions{FieldSelector: "type=Warning,reason=" + incident.evidence})
			if err != nil || len(events.Items) == 0 {
				t.Errorf("there is no event %s: %v", incident.evidence, err)
			}
			if out, code := day.run(t.Context(), t, "status"); code != 3 {
				t.Errorf("status of the incident exited with %d: %s", code, out)
			}
			cordon(t, client, incident.node)
			moved := evict(t, client, incident.node, incident.service)
			eventually(t, "see the services ready elsewhere", func(ctx context.Context) (bool, error) {
				out, code := day.run(ctx, t, "status")
				if code != 0 {
					return false, fmt.Errorf("status: %s", out)
				}
				return true, nil
			})
			checkMoved(t, client, incident.node, incident.service, moved)
		})
	}
}

func cordon(t *testing.T, client kubernetes.Interface, node string) {
	t.Helper()
	patch := []byte(`{"spec":{"unschedulable":true}}`)
	if _, err := client.CoreV1().Nodes().Patch(t.Context(), node, "application/merge-patch+json", patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
}

// evict evicts a node's pods of a service and says how many there were.
func evict(t *testing.T, client kubernetes.Interface, node, service string) int {
	t.Helper()
	pods, err := client.CoreV1().Pods("prod").List(t.Context(), metav1.ListOptions{LabelSelector: service, FieldSelector: "spec.nodeName=" + node})
	if err != nil || len(pods.Items) == 0 {
		t.Fatalf("there is nothing to evict: %v", err)
	}
	for _, pod := range pods.Items {
		eviction := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace}}
		if err := client.PolicyV1().Evictions(pod.Namespace).Evict(t.Context(), eviction); err != nil {
			t.Fatal(err)
		}
	}
	return len(pods.Items)
}

// checkMoved sees replacements on other nodes, whose kubelets serve logs too.
func checkMoved(t *testing.T, client kubernetes.Interface, node, service string, want int) {
	t.Helper()
	pods, err := client.CoreV1().Pods("prod").List(t.Context(), metav1.ListOptions{LabelSelector: service})
	if err != nil {
		t.Fatal(err)
	}
	moved := 0
	for _, pod := range pods.Items {
		if pod.Spec.NodeName == node {
			t.Errorf("%s is on the node that was cordoned", pod.Name)
		}
		if pod.Status.StartTime == nil || len(pod.Status.ContainerStatuses) == 0 || pod.Status.ContainerStatuses[0].RestartCount > 0 {
			continue
		}
		if strings.HasPrefix(pod.Status.PodIP, "127.1.") { // of those that KWOK gives out
			moved++
			options := &corev1.PodLogOptions{Container: pod.Spec.Containers[0].Name}
			if _, err := client.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, options).DoRaw(t.Context()); err != nil {
				t.Errorf("read the log of a replacement: %v", err)
			}
		}
	}
	if moved != want {
		t.Errorf("%d pods were replaced, want %d", moved, want)
	}
}
