package pods

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

func TestWatch(t *testing.T) {
	t.Parallel()
	server := clustertest.Start(t, clustertest.UserPod("old", ligoURL, 2*hour), clustertest.UserPod("older", ligoURL, 3*hour))
	client := server.Client(clustertest.Namespace)
	ctx, stop := context.WithCancel(t.Context())
	told, ended := make(chan []Change, 10), make(chan error, 1)
	go func() {
		ended <- Watch(ctx, client, clustertest.Namespace, Filter{Group: Users, Phases: []corev1.PodPhase{"Running"}}, func(changes []Change) { told <- changes })
	}()
	expect := func(want ...string) {
		t.Helper()
		var got []string
		for _, change := range <-told {
			word := "is"
			if change.Gone {
				word = "gone"
			}
			got = append(got, change.Name+" "+word)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("told (-want +got):\n%s", diff)
		}
	}
	expect("older is", "old is")
	server.Create(clustertest.BuildPod("build", ligoURL, 0)) // not chosen
	server.Create(clustertest.UserPod("new", ligoURL, 0))
	expect("new is")
	server.Update(clustertest.Namespace, "new", func(pod *corev1.Pod) { pod.Annotations["x"] = "y" }) // nothing that is shown
	server.Update(clustertest.Namespace, "new", func(pod *corev1.Pod) { pod.Status.Phase = corev1.PodFailed })
	expect("new gone")
	server.Remove(clustertest.Namespace, "new") // it was told of already
	server.Remove(clustertest.Namespace, "old")
	expect("old gone")
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}
