package nodes

import (
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// What a colleague closed while the operator read the question counts: else two
// of them close a pool that neither would.
func TestTheLastNodeOfAPoolIsNotClosedTogether(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		allowed bool
		closed  bool
	}{"refused": {false, false}, "allowed": {true, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := start(t, []*corev1.Node{clustertest.Node("a", "p"), clustertest.Node("b", "p"), clustertest.Node("c", "p")})
			plan, err := PlanCordon(t.Context(), client, []string{"b"}, mark())
			if err != nil {
				t.Fatal(err)
			}
			rules := policy(UsersWait)
			rules.NoRoom = tc.allowed
			drain, err := PlanDrain(t.Context(), client, Wanted{Names: []string{"c"}}, rules, "me", "")
			if err != nil {
				t.Fatal(err)
			}
			client.Now = time.Now // for the pace
			for _, other := range []string{"a", "c"} {
				server.UpdateNode(other, func(node *corev1.Node) { node.Spec.Unschedulable = true })
			}
			_, err = Cordon(t.Context(), client, plan, ChangeOptions{NoRoom: tc.allowed})
			if got := server.Node("b").Spec.Unschedulable; got != tc.closed {
				t.Errorf("closed the last: %v, want %v", got, tc.closed)
			}
			expectNoRoom(t, err, !tc.allowed)

			for other, closed := range map[string]bool{"b": true, "c": false} {
				server.UpdateNode(other, func(node *corev1.Node) { node.Spec.Unschedulable = closed })
			}
			_, err = Drain(t.Context(), client, drain, quick())
			if got := server.Node("c").Spec.Unschedulable; got != tc.closed {
				t.Errorf("drained the last: %v, want %v", got, tc.closed)
			}
			expectNoRoom(t, err, !tc.allowed)
		})
	}
}

func expectNoRoom(t *testing.T, err error, want bool) {
	t.Helper()
	if _, got := errors.AsType[*NoRoomError](err); got != want || !want && err != nil {
		t.Errorf("got %v", err)
	}
}
