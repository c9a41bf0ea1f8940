package pods

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// lost is a policy for pods that somebody has chosen.
func lost(reasons map[types.UID]string) Policy {
	return Policy{Only: &Chosen{What: "pods that are lost", Reasons: reasons}}
}

func TestPlanCullOfChosenPods(t *testing.T) {
	t.Parallel()
	client := fakeClient(busyCluster()...)
	policy := lost(map[types.UID]string{
		"uid-of-young-1": "lost at noon", "uid-of-oldest": "lost at dawn", "uid-of-owned": "lost, but a Job's",
		"uid-of-hub": "what is no user's is never chosen", "another-uid": "gone",
	})
	plan, err := PlanCull(t.Context(), client, policy)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, victim := range plan.Victims {
		got[victim.Name] = victim.Reason
	}
	if diff := cmp.Diff(map[string]string{"oldest": "lost at dawn", "young-1": "lost at noon"}, got); diff != "" {
		t.Errorf("victims (-want +got):\n%s", diff)
	}
	if text := plan.Policy.String(); text != "pods that are lost" {
		t.Errorf("the policy is %q", text)
	}
	still, dropped, err := Verify(t.Context(), client, plan)
	if err != nil || len(dropped) > 0 || len(still.Victims) != 2 {
		t.Errorf("verified: %d victims, dropped %v, %v", len(still.Victims), dropped, err)
	}
	delete(plan.Policy.Only.Reasons, "uid-of-oldest")
	still, dropped, err = Verify(t.Context(), client, plan)
	if err != nil || len(still.Victims) != 1 || len(dropped) != 1 || dropped[0].Detail != "now not chosen" {
		t.Errorf("verified without a reason: %d victims, dropped %v, %v", len(still.Victims), dropped, err)
	}
}

func TestPlanOfChosenPodsIsNotForFiles(t *testing.T) {
	t.Parallel()
	plan, err := PlanCull(t.Context(), fakeClient(busyCluster()...), lost(map[types.UID]string{"uid-of-oldest": "lost"}))
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := plan.Write(&file); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPlan(file.Bytes()); err == nil || !strings.Contains(err.Error(), "only a new look can tell") {
		t.Errorf("reading it: %v", err)
	}
}

func TestCullConfirmsEach(t *testing.T) {
	t.Parallel()
	server, client, plan := cullable(t, "a", "b", "c")
	confirm := func(_ context.Context, victim Victim) (string, error) {
		switch victim.Name {
		case "a":
			return "the Hub knows it again", nil
		case "b":
			return "", errors.New("the Hub is away")
		default:
			return "", nil
		}
	}
	outcomes := Cull(t.Context(), client, plan, CullOptions{Wait: true, Timeout: soon, Confirm: confirm}, nil)
	want := []string{"a: skipped: the Hub knows it again", "b: failed: not deleted: the Hub is away", "c: deleted"}
	if diff := cmp.Diff(want, report(outcomes)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	for name, there := range map[string]bool{"a": true, "b": true, "c": false} {
		if pod := server.Pod(clustertest.Namespace, name); (pod != nil) != there {
			t.Errorf("%s is there: %v, want %v", name, pod != nil, there)
		}
	}
}
