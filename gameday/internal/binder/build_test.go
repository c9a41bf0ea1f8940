package binder

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
	"github.com/binderctl/binderctl/gameday/internal/kubelet"
	"github.com/binderctl/binderctl/gameday/internal/record"
)

// A pod that no node has taken is gone in the moment in which it is deleted. Its
// build is over then, as for BinderHub, and the next one is a new one.
func TestABuildWhosePodIsDeletedIsOver(t *testing.T) {
	t.Parallel()
	client := fake.NewClientset()
	book, err := record.Open(filepath.Join(t.TempDir(), "launches.ndjson"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	b := &Binder{
		config: &Config{Namespace: "ns"}, client: client, now: time.Now, ctx: t.Context(), metrics: newMetrics(),
		troubles: newTroubles([]string{BuildQueueStuck}, time.Now), images: map[string]bool{}, builds: map[string]*build{},
	}
	if b.nodes, err = kubelet.Start(t.Context(), client, "ns", kubelet.Times{}, b.has, book, time.Now); err != nil {
		t.Fatal(err)
	}
	under, _ := b.attach(binderhub.Repo{URL: "https://github.com/owner/name", Image: "i", Commit: "0123456789"})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := b.nodes.Await(ctx, under.name, func(pod *corev1.Pod) bool { return pod != nil }); err != nil {
		t.Fatalf("there is no pod: %v", err)
	}
	if err := client.CoreV1().Pods("ns").Delete(ctx, under.name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-under.over:
	case <-ctx.Done():
		t.Fatal("the build waits for a pod that has gone")
	}
}
