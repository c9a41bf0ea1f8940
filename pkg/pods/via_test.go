package pods

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

func TestCullThroughTheHub(t *testing.T) {
	t.Parallel()
	const nobody = "nobody"
	stops := func(string) error { return nil }
	for name, tc := range map[string]struct {
		alone   bool
		obeys   bool   // the Hub really ends the pods that it is asked to
		forgot  string // a pod whose server it has forgotten when it is asked
		stop    func(pod string) error
		want    []string
		asked   []string // pods whose servers the Hub was asked to stop
		deleted []string // pods that Kubernetes was asked to delete
	}{
		"which obeys": {
			obeys: true, stop: stops,
			want: []string{"a: deleted", "b: deleted", "orphan: deleted"}, asked: []string{"a", "b"}, deleted: []string{"a", "b", "orphan"},
		},
		"which says yes and does nothing": {
			stop: stops,
			want: []string{"a: deleted", "b: deleted", "orphan: deleted"}, asked: []string{"a", "b"}, deleted: []string{"a", "b", "orphan"},
		},
		"alone, which obeys": {
			alone: true, obeys: true, stop: stops,
			want: []string{"a: deleted", "b: deleted", "orphan: skipped: the Hub does not know it"}, asked: []string{"a", "b"},
		},
		"alone, which says yes and does nothing": {
			alone: true, stop: stops,
			want: []string{
				"a: terminating: the Hub was asked to stop it, and it is still there",
				"b: terminating: the Hub was asked to stop it, and it is still there", "orphan: skipped: the Hub does not know it",
			},
			asked: []string{"a", "b"},
		},
		"which forgot one meanwhile": {
			obeys: true, forgot: "b", stop: stops,
			want: []string{"a: deleted", "b: deleted", "orphan: deleted"}, asked: []string{"a", "b"}, deleted: []string{"a", "b", "orphan"},
		},
		"alone, which forgot one meanwhile": {
			alone: true, obeys: true, forgot: "b", stop: stops,
			want:  []string{"a: deleted", "b: skipped: the Hub has no such server any more", "orphan: skipped: the Hub does not know it"},
			asked: []string{"a", "b"},
		},
		"which refuses one": {
			obeys: true,
			stop: func(pod string) error {
				if pod == "b" {
					return errors.New("no")
				}
				return nil
			},
			want:  []string{"a: deleted", "b: failed: stop server of pod b: no", "orphan: deleted"},
			asked: []string{"a", "b"}, deleted: []string{"a", "orphan"},
		},
		"after a namesake has come": {
			obeys: true, stop: stops, forgot: nobody,
			want: []string{"a: replaced", "b: deleted", "orphan: deleted"}, asked: []string{"b"}, deleted: []string{"b", "orphan"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client, plan := cullable(t, "a", "b", "orphan")
			asked := deletes(server)
			pod := map[string]string{userOf(plan, "a"): "a", userOf(plan, "b"): "b"}
			hub := &fakeHub{knows: []string{userOf(plan, "a"), userOf(plan, "b")}, lost: []string{userOf(plan, tc.forgot)}}
			hub.stop = func(user string) error {
				err := tc.stop(pod[user])
				if err == nil && tc.obeys {
					server.Remove(clustertest.Namespace, pod[user])
				}
				return err
			}
			if tc.forgot == nobody {
				server.Remove(clustertest.Namespace, "a")
				namesake := clustertest.UserPod("a", ligoURL, 0)
				namesake.UID = "another"
				server.Create(namesake)
			}
			timeout := soon
			if tc.alone && !tc.obeys {
				timeout = 50 * time.Millisecond // it is to be in vain
			}
			outcomes := Cull(t.Context(), client, plan, CullOptions{Wait: true, Timeout: timeout, Hub: hub, HubAlone: tc.alone}, nil)
			if diff := cmp.Diff(tc.want, report(outcomes)); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
			var names []string
			for _, user := range hub.asked {
				names = append(names, pod[user])
			}
			slices.Sort(names)
			if diff := cmp.Diff(tc.asked, names); diff != "" {
				t.Errorf("asked of the Hub (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.deleted, asked()); diff != "" {
				t.Errorf("asked of Kubernetes (-want +got):\n%s", diff)
			}
			if server.Pod(clustertest.Namespace, "young") == nil {
				t.Error("a pod that was not in the plan is gone")
			}
		})
	}
}

// The Hub is told a name, and ends whatever has it. So a pod that bears the name
// of another's server is no affair of the Hub's, whichever of the two is older.
func TestHubIsNotAskedForANamesake(t *testing.T) {
	t.Parallel()
	for name, old := range map[string]time.Duration{"older": 3 * hour, "younger": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := clustertest.Start(t, clustertest.UserPod("stray", ligoURL, 2*hour))
			owner := clustertest.UserPod("owner", ligoURL, old)
			owner.Annotations = server.Pod(clustertest.Namespace, "stray").Annotations
			server.Create(owner)
			client := server.Client(clustertest.Namespace)
			made, err := PlanCull(t.Context(), client, Policy{Name: "stray", OlderThan: age(0)})
			if err != nil || len(made.Victims) != 1 {
				t.Fatalf("%+v, %v", made.Victims, err)
			}
			verified, _, err := Verify(t.Context(), client, made)
			if err != nil {
				t.Fatal(err)
			}
			client.Now = time.Now // for the pace
			for what, plan := range map[string]Plan{"made": made, "verified": verified} {
				if hub := (&fakeHub{knows: []string{userOf(plan, "stray")}}); plan.Ends(hub, plan.Victims[0]) {
					t.Errorf("%s: the Hub is to end what it may have of another", what)
				}
			}
			hub := &fakeHub{knows: []string{userOf(made, "stray")}}
			outcomes := Cull(t.Context(), client, made, CullOptions{Wait: true, Timeout: soon, Hub: hub}, nil)
			if diff := cmp.Diff([]string{"stray: deleted"}, report(outcomes)); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
			if len(hub.asked) > 0 || server.Pod(clustertest.Namespace, "owner") == nil {
				t.Errorf("asked of the Hub: %q", hub.asked)
			}
		})
	}
}
