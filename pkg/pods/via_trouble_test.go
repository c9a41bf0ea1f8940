package pods

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// A Hub that has enough says so, and is left alone for a while.
func TestHubThatHasEnough(t *testing.T) {
	t.Parallel()
	server, client, plan := cullable(t, "a")
	calls := 0
	hub := &fakeHub{knows: []string{userOf(plan, "a")}}
	hub.stop = func(string) error {
		if calls++; calls == 1 {
			return apierrors.NewTooManyRequests("slow down", 0)
		}
		server.Remove(clustertest.Namespace, "a")
		return nil
	}
	outcomes := Cull(t.Context(), client, plan, CullOptions{Wait: true, Timeout: soon, Hub: hub, HubAlone: true}, nil)
	if diff := cmp.Diff([]string{"a: deleted"}, report(outcomes)); diff != "" || calls != 2 {
		t.Errorf("after %d calls (-want +got):\n%s", calls, diff)
	}
}

// A Hub that dies half-way does not hold up what Kubernetes can end without it,
// and is not asked for each of the rest.
func TestHubThatDies(t *testing.T) {
	t.Parallel()
	const before = 5
	for name, tc := range map[string]struct {
		alone, stays bool // with the Hub alone; whoever decides does not go past it
		err          error
		past         int // how often that is asked
	}{
		"by refusing connections":   {err: errAway, past: 1},
		"and a pacer would wait":    {err: errors.Join(errAway, cluster.ErrSilent), past: 1},
		"and the rest is to stay":   {stays: true, err: errAway, past: 1},
		"by hanging":                {err: errHangs, past: 1},
		"alone":                     {alone: true, err: errAway},
		"alone, by hanging":         {alone: true, err: errHangs, past: 1},
		"and hangs, and rest stays": {stays: true, err: errHangs, past: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			names := many(40)
			server, client, plan := cullable(t, names...)
			hub := endingHub(server, plan)
			end := hub.stop
			var calls atomic.Int64
			hub.stop = func(user string) error {
				if calls.Add(1) > before {
					return tc.err
				}
				return end(user)
			}
			past := 0
			counts := map[Result]int{}
			for _, o := range Cull(t.Context(), client, plan, CullOptions{
				Wait: true, Timeout: soon, Hub: hub, HubAlone: tc.alone,
				Past: func(error) bool { past++; return !tc.stays },
			}, nil) {
				counts[o.Result]++
			}
			want := map[Result]int{Deleted: len(names)}
			if tc.alone || tc.stays {
				want = map[Result]int{Deleted: before, Failed: len(names) - before}
			}
			if tc.past > 0 { // so many may have been heard; the others were not tried
				counts[Failed] += counts[Untried]
				delete(counts, Untried)
			}
			if counts[Failed] == 0 {
				delete(counts, Failed)
			}
			if diff := cmp.Diff(want, counts); diff != "" || past != tc.past {
				t.Errorf("told %d times; results (-want +got):\n%s", past, diff)
			}
			if n := len(hub.asked); tc.past > 0 && n > before+hubInFlight {
				t.Errorf("the Hub was asked %d times", n)
			}
		})
	}
}

func TestHubIsNotFlooded(t *testing.T) {
	t.Parallel()
	names := many(60)
	server, client, plan := cullable(t, names...)
	hub := endingHub(server, plan)
	for _, o := range Cull(t.Context(), client, plan, CullOptions{Wait: true, Timeout: soon, Hub: hub, HubAlone: true}, nil) {
		if o.Result != Deleted {
			t.Errorf("%s: %s: %s", o.Name, o.Result, o.Detail)
		}
	}
	if hub.most > hubInFlight || len(hub.asked) != len(names) {
		t.Errorf("%d of %d side by side", hub.most, len(hub.asked))
	}
}

// A Hub that never notices that the pod is gone is what operators have to know.
func TestHubThatDoesNotNotice(t *testing.T) {
	t.Parallel()
	_, client, plan := cullable(t, "a", "b")
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		hub := &fakeHub{still: func(user string) bool {
			return user == userOf(plan, "a") || time.Since(began) < hubCatchesUp/3
		}}
		w := newCulling(client, plan, CullOptions{Wait: true, Hub: hub, HubAlone: true}, nil)
		for i := range w.outcomes {
			w.outcomes[i].Result, w.stops[i] = Deleted, hubStops
		}
		w.settleWithHub(t.Context())
		if diff := cmp.Diff([]string{"a: deleted: " + hubIsBehind, "b: deleted"}, report(w.outcomes)); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
		if took := time.Since(began); took != hubCatchesUp {
			t.Errorf("it took %s", took)
		}
	})
}
