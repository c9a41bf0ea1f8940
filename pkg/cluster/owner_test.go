package cluster_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

func TestOwnerOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ kind, name, hash, want string }{
		{"ReplicaSet", "prod-nginx-ingress-controller-7b4fdbdcc8", "7b4fdbdcc8", "Deployment/prod-nginx-ingress-controller"},
		{"ReplicaSet", "made-by-hand", "", "ReplicaSet/made-by-hand"},
		{"ReplicaSet", "made-by-hand", "5d4f8c", "ReplicaSet/made-by-hand"},
		{"DaemonSet", "fluentd-gcp-v2.0.9", "", "DaemonSet/fluentd-gcp-v2.0.9"},
		{"StatefulSet", "user-placeholder", "", "StatefulSet/user-placeholder"},
		{"Job", "build-cache-prune-29403720", "", "CronJob/build-cache-prune"},
		{"Job", "hook-image-awaiter", "", "Job/hook-image-awaiter"},
		{"Job", "29403720", "", "Job/29403720"},
		{"Node", "node-1", "", "StaticPod/kube-proxy"},
		{"", "", "", ""},
	} {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "kube-proxy-node-1", Labels: map[string]string{"pod-template-hash": test.hash}}}
		if test.kind != "" {
			pod.OwnerReferences = []metav1.OwnerReference{{Kind: test.kind, Name: test.name, Controller: new(true)}}
		}
		if got := cluster.OwnerOf(pod).String(); got != test.want {
			t.Errorf("owner of a pod of %s %s: %q, want %q", test.kind, test.name, got, test.want)
		}
	}
}
