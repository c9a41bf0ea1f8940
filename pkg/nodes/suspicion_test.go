package nodes_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/binderctl/binderctl/pkg/nodes"
)

// On a single node everything is there, which proves nothing.
func TestOneNode(t *testing.T) {
	t.Parallel()
	f := withNodes(1)
	f.everywhere("fluentd")
	looping(f.pods[0])
	f.service("hub", "hub-0", "node-0", hour, looping)
	f.service("web", "web-0", "node-0", hour, died("Error", minute))
	f.users(40, "node-0", 20*minute, failed("Error", 19*minute))
	f.users(5, "node-0", 4*minute, waiting("ContainerCreating"))
	want := map[nodes.Clue]float64{nodes.LoopAlone: 3.5}
	if diff := cmp.Diff(want, clues(suspects(t, f), "node-0")); diff != "" {
		t.Errorf("evidence against the only node (-want +got):\n%s", diff)
	}
}

// What spoke against a node may leave with its pods: one that was taken out of
// service for a reason does not pass for well with half of it.
func TestCordonedForAReason(t *testing.T) {
	t.Parallel()
	for _, marked := range []bool{false, true} {
		f := withNodes(5)
		f.nodeEvent("node-0", "SystemOOM", "System OOM encountered", minute)
		if marked {
			f.nodes[0].Spec.Unschedulable = true
			f.nodes[0].Annotations = map[string]string{nodes.MarkKey: `{"by": "yuvi", "at": "2026-03-01T11:59:00Z", "reason": "out of memory", "for": "cordon"}`}
		}
		found := suspects(t, f)
		if unhealthy := len(found.Unhealthy()) == 1; unhealthy != marked || found.Suspects[0].Score != 6 {
			t.Errorf("cordoned for a reason: %v, called unhealthy: %v, with %v of %v", marked, unhealthy, found.Suspects[0].Score, found.Suspects[0].Threshold)
		}
	}
}

// What most nodes show is the cluster's fault.
func TestSharedEvidence(t *testing.T) {
	t.Parallel()
	f := withNodes(9)
	for i := range 6 {
		f.event("Pod", "prod", fmt.Sprintf("gone-%d", i), fmt.Sprintf("node-%d", i), "FailedCreatePodSandBox", "no network", minute)
	}
	if got := clues(suspects(t, f), "node-0")[nodes.SandboxFailed]; got != 1 {
		t.Errorf("evidence that six of nine nodes show weighs %v, want a quarter of 4", got)
	}
}

// Every weight has a place in the table once, its numbers make sense, and it
// says why.
func TestWeights(t *testing.T) {
	t.Parallel()
	seen := map[nodes.Clue]bool{}
	for _, w := range nodes.Weights() {
		if seen[w.Clue] || w.Why == "" || w.First <= 0 || w.More < 0 || w.Cap < w.First {
			t.Errorf("weight %+v cannot be right", w)
		}
		seen[w.Clue] = true
	}
}
