package pods

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	kubetesting "k8s.io/client-go/testing"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	pod := func(name string, phase corev1.PodPhase) *corev1.Pod {
		return on("node-1", phase, clustertest.UserPod(name, ligoURL, 10*hour))
	}
	then := []*corev1.Pod{
		pod("still", "Pending"), pod("gone", "Pending"), pod("replaced", "Pending"), pod("runs", "Pending"),
		pod("owned", "Pending"), pod("ending", "Pending"), pod("relabelled", "Pending"), pod("moved", "Pending"),
	}
	policy := Policy{OlderThan: age(6 * hour), Phases: []corev1.PodPhase{"Pending"}}
	plan, err := PlanCull(t.Context(), fakeClient(then...), policy)
	if err != nil || len(plan.Victims) != len(then) {
		t.Fatalf("%d victims, %v", len(plan.Victims), err)
	}

	elsewhere := pod("gone", "Pending") // a namesake in another namespace is another pod
	elsewhere.Namespace = "staging"
	now := fakeClient(
		pod("still", "Pending"),
		elsewhere,
		changed(pod("replaced", "Pending"), func(p *corev1.Pod) { p.UID = "another" }),
		pod("runs", "Running"),
		changed(pod("owned", "Pending"), func(p *corev1.Pod) {
			p.OwnerReferences = []metav1.OwnerReference{{Kind: "Job", Name: "x", Controller: new(true)}}
		}),
		changed(pod("ending", "Pending"), func(p *corev1.Pod) {
			p.DeletionTimestamp, p.Finalizers = new(metav1.NewTime(clustertest.Now())), []string{"x/y"}
		}),
		changed(pod("relabelled", "Pending"), func(p *corev1.Pod) { p.Labels["component"] = "hub" }),
		changed(pod("moved", "Pending"), func(p *corev1.Pod) { p.Status.Reason = "Scheduling" }),
		pod("new", "Pending"),
	)
	still, dropped, err := Verify(t.Context(), now, plan)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"moved", "still"}, victims(still)); diff != "" {
		t.Errorf("still in the plan (-want +got):\n%s", diff)
	}
	var got []string
	for _, outcome := range dropped {
		got = append(got, fmt.Sprintf("%s: %s %s", outcome.Name, outcome.Result, outcome.Detail))
	}
	want := []string{
		"ending: skipped now already terminating",
		"gone: already gone ",
		"owned: skipped now not certainly a user's: controlled by Job x",
		"relabelled: already gone ", // it is no user's pod any more
		"replaced: replaced ",
		"runs: skipped now in other phases",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
	if still.Digest != plan.Digest {
		t.Error("what is left has another digest than the plan it came from")
	}
	if still.Cost.Waiting != 2 || still.Cost.Users != 0 || still.Cost.OfUsers != 6 {
		t.Errorf("cost %+v, want today's", still.Cost)
	}
}

// What a plan costs is told by how the pods are now.
func TestVerifyCountsTheCostAnew(t *testing.T) {
	t.Parallel()
	waits := on("", corev1.PodPending, ligo())
	plan, err := PlanCull(t.Context(), fakeClient(waits), Policy{OlderThan: age(hour)})
	if err != nil || plan.Cost.Waiting != 1 || plan.Cost.Users != 0 {
		t.Fatalf("cost %+v, %v", plan.Cost, err)
	}
	still, _, err := Verify(t.Context(), fakeClient(ligo()), plan)
	if err != nil || still.Cost.Users != 1 || still.Cost.Waiting != 0 || still.Victims[0].Node != "node-1" {
		t.Errorf("cost %+v of %+v, %v", still.Cost, still.Victims, err)
	}
	if still.Victims[0].Reason != plan.Victims[0].Reason {
		t.Errorf("reason %q", still.Victims[0].Reason)
	}
}

func TestVerifyOfAPlanFile(t *testing.T) {
	t.Parallel()
	client := fakeClient(busyCluster()...)
	plan, err := PlanCull(t.Context(), client, Policy{OlderThan: age(6 * hour)})
	if err != nil {
		t.Fatal(err)
	}
	read, err := ReadPlan(written(t, plan))
	if err != nil {
		t.Fatal(err)
	}
	still, dropped, err := Verify(t.Context(), client, read)
	if err != nil || len(dropped) != 0 {
		t.Fatalf("dropped %+v, %v", dropped, err)
	}
	if diff := cmp.Diff(plan.Victims, still.Victims); diff != "" {
		t.Errorf("victims (-want +got):\n%s", diff)
	}
}

func TestVerifyWhenNothingIsLeft(t *testing.T) {
	t.Parallel()
	plan, err := PlanCull(t.Context(), fakeClient(ligo()), Policy{OlderThan: age(hour)})
	if err != nil {
		t.Fatal(err)
	}
	still, dropped, err := Verify(t.Context(), fakeClient(), plan)
	if err != nil || len(dropped) != 1 || still.Victims == nil || len(still.Victims) != 0 {
		t.Errorf("victims %#v, dropped %+v, %v", still.Victims, dropped, err)
	}
}

// Without a whole list nobody knows what still holds.
func TestVerifyWhenTheListFails(t *testing.T) {
	t.Parallel()
	plan, err := PlanCull(t.Context(), fakeClient(ligo()), Policy{OlderThan: age(hour)})
	if err != nil {
		t.Fatal(err)
	}
	forbidden := apierrors.NewForbidden(corev1.Resource("pods"), "", errors.New("no"))
	client := fakeClient(ligo())
	client.Kube.(*fake.Clientset).PrependReactor("list", "pods", func(kubetesting.Action) (bool, runtime.Object, error) { return true, nil, forbidden })
	still, dropped, err := Verify(t.Context(), client, plan)
	if !errors.Is(err, forbidden) || len(still.Victims) > 0 || len(dropped) > 0 {
		t.Errorf("%d pods left, %d dropped, error %v", len(still.Victims), len(dropped), err)
	}
	if _, _, err := Verify(t.Context(), client, Plan{Where: cluster.Location{Namespace: "binder"}, Policy: Policy{Labels: "a in"}}); err == nil {
		t.Error("a malformed selector was accepted")
	}
}
