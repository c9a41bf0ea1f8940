package nodes

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// soon is a limit for what should take no time at all.
const soon = time.Minute

// podOn is a running pod of a workload on a node. A kind of "" is a bare pod, a
// Deployment one of its ReplicaSet's.
func podOn(node, kind, owner, name string) *corev1.Pod {
	pod := clustertest.UserPod(name, "", time.Hour)
	pod.Labels, pod.Annotations = map[string]string{"app": owner}, nil
	pod.Spec.NodeName = node
	if kind == "Deployment" {
		kind, owner = "ReplicaSet", owner+"-abc123"
		pod.Labels["pod-template-hash"] = "abc123"
	}
	if kind != "" {
		pod.OwnerReferences = []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: kind, Name: owner, Controller: new(true)}}
	}
	return pod
}

func userOn(node, name string, age time.Duration) *corev1.Pod {
	pod := clustertest.UserPod(name, "https://github.com/minrk/ligo-binder", age)
	pod.Spec.NodeName = node
	return pod
}

func with(pod *corev1.Pod, change func(pod *corev1.Pod)) *corev1.Pod {
	change(pod)
	return pod
}

func emptyDir(pod *corev1.Pod) {
	pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{
		Name: "scratch", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}},
	})
}

func phase(phase corev1.PodPhase) func(*corev1.Pod) {
	return func(pod *corev1.Pod) { pod.Status.Phase = phase }
}

// start is a server with nodes and pods, and its client. The clock runs for the
// pace, and Now stands in plans: by the server's clock too.
func start(t *testing.T, nodes []*corev1.Node, pods ...*corev1.Pod) (*clustertest.Server, *cluster.Client) {
	t.Helper()
	server := clustertest.Start(t, pods...)
	for _, node := range nodes {
		server.AddNode(node)
	}
	server.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", clustertest.Now().Format(http.TimeFormat))
			next.ServeHTTP(w, r)
		})
	})
	return server, server.Client("")
}

func podReport(outcomes []PodOutcome) []string {
	lines := []string{}
	for _, o := range outcomes {
		lines = append(lines, strings.TrimSuffix(fmt.Sprintf("%s: %s: %s", o.Name, o.Result, o.Detail), ": "))
	}
	slices.Sort(lines)
	return lines
}

func nodeReport(outcomes []NodeOutcome) []string {
	lines := []string{}
	for _, o := range outcomes {
		lines = append(lines, strings.TrimSuffix(fmt.Sprintf("%s: %s: %s", o.Name, o.Result, o.Detail), ": "))
	}
	return lines
}
