package pods

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// fakeHub is a Hub that stops servers as it is told to.
type fakeHub struct {
	knows []string                // whose servers
	stop  func(user string) error // what a stop comes to; nil is nothing at all
	still func(user string) bool  // whether it says afterwards that it is stopping one
	lost  []string                // whom it has forgotten by the time it is asked

	mu       sync.Mutex
	asked    []string
	inFlight int
	most     int
}

func (h *fakeHub) Knows(pod Pod) bool {
	return pod.Server == "" && slices.Contains(h.knows, pod.User)
}

func (h *fakeHub) Stop(_ context.Context, user, _ string) (bool, error) {
	h.mu.Lock()
	h.asked = append(h.asked, user)
	h.inFlight++
	h.most = max(h.most, h.inFlight)
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		h.inFlight--
		h.mu.Unlock()
	}()
	if slices.Contains(h.lost, user) {
		return false, nil
	}
	if h.stop == nil {
		return true, nil
	}
	return true, h.stop(user)
}

func (h *fakeHub) Stopping(_ context.Context, user, _ string) (bool, error) {
	return h.still != nil && h.still(user), nil
}

var errAway = errors.New("nobody answers")

func (h *fakeHub) Away(err error) bool { return errors.Is(err, errAway) }

var errHangs = fmt.Errorf("%w: it hangs", errAway)

func (h *fakeHub) Hangs(err error) bool { return errors.Is(err, errHangs) }

// deletes notes which pods Kubernetes is asked to delete.
func deletes(server *clustertest.Server) func() []string {
	var mu sync.Mutex
	var names []string
	server.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete {
				mu.Lock()
				names = append(names, r.URL.Path[len("/api/v1/namespaces/"+clustertest.Namespace+"/pods/"):])
				mu.Unlock()
			}
			next.ServeHTTP(w, r)
		})
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		slices.Sort(names)
		return names
	}
}

// userOf is whose server a pod is that clustertest makes.
func userOf(plan Plan, pod string) string {
	for _, victim := range plan.Victims {
		if victim.Name == pod {
			return victim.User
		}
	}
	return ""
}

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
			names := make([]string, 40)
			for i := range names {
				names[i] = "pod-" + string(rune('a'+i/26)) + string(rune('a'+i%26))
			}
			server, client, plan := cullable(t, names...)
			hub := &fakeHub{}
			pod := map[string]string{}
			for _, victim := range plan.Victims {
				hub.knows = append(hub.knows, victim.User)
				pod[victim.User] = victim.Name
			}
			var calls atomic.Int64
			hub.stop = func(user string) error {
				if calls.Add(1) > before {
					return tc.err
				}
				server.Remove(clustertest.Namespace, pod[user])
				return nil
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
	names := make([]string, 60)
	for i := range names {
		names[i] = "pod-" + string(rune('a'+i/26)) + string(rune('a'+i%26))
	}
	server, client, plan := cullable(t, names...)
	hub := &fakeHub{}
	pod := map[string]string{}
	for _, victim := range plan.Victims {
		hub.knows = append(hub.knows, victim.User)
		pod[victim.User] = victim.Name
	}
	hub.stop = func(user string) error {
		server.Remove(clustertest.Namespace, pod[user])
		return nil
	}
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
