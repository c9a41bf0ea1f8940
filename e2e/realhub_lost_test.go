package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// The ways in which the real Hub's view of its pods stops matching the cluster.

// TestRealHubStopTimesOut: a pod that does not go away is forgotten by the Hub.
func TestRealHubStopTimesOut(t *testing.T) {
	t.Parallel()
	h := startRealHub(t)
	h.launch(t, "stays-abcd1234", "stuck-abcd1234")
	letGo := h.loseByStop(t, "stuck-abcd1234")
	if pod := h.podOf(t, "stuck-abcd1234"); pod == nil || pod.DeletionTimestamp == nil {
		t.Error("the pod that the Hub gave up is not Terminating")
	}
	if user := h.user(t, "stays-abcd1234"); !user.Servers[""].Ready {
		t.Errorf("the other server is %+v", user)
	}
	h.finds(t, map[string]string{"stuck-abcd1234": "orphan"})
	letGo()
	eventually(t, "the pod is gone", func() bool { return h.podOf(t, "stuck-abcd1234") == nil })
}

// loseByStop has the Hub stop a server whose pod a finalizer holds back, until
// it has given up and forgotten the server. The pod lives on, Terminating,
// until it is let go.
func (h *realHub) loseByStop(t *testing.T, user string) (letGo func()) {
	t.Helper()
	letGo = h.hold(t, h.podOf(t, user).Name)
	asked := time.Now()
	answer, err := h.StopServer(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(asked); answer.Status != http.StatusAccepted || took < 9*time.Second {
		t.Errorf("a stop that takes long is answered with %d after %s, want 202 after 10 s", answer.Status, took)
	}
	if u := h.user(t, user); u.Servers[""].Pending != "stop" || u.Servers[""].Ready || u.Servers[""].Stopped {
		t.Errorf("while it stops, the server is %+v", u)
	}
	h.logged(t, "did not disappear, restarting pod reflector", 1)
	eventually(t, "the Hub has forgotten the server", func() bool { return len(h.user(t, user).Servers) == 0 })
	return letGo
}

// strangeTimes has pods created so slowly that JupyterHub always gives a launch
// up before KubeSpawner does. Both wait for the same time, KubeSpawner for a
// tenth more or less. If it is the first, it takes up its watch again, finds the
// pod and deletes it; otherwise JupyterHub cancels it, and nobody does. And the Hub
// asks after each server every 5 s, where its own default is 30: whoever wants to
// see it believe in one whose pod is gone need not wait for longer than settled.
const (
	strangeTimes = "custom: {createPodDelay: 2, pollInterval: 5}"
	settled      = 8 * time.Second
)

// TestRealHubBlind: the API server is away for a while, and from then on the Hub
// sees nothing: not that a pod is gone, and not that one has started.
func TestRealHubBlind(t *testing.T) {
	t.Parallel()
	// As on mybinder.org, no more of the Hub is to be reached than its API.
	h := startRealHub(t, strangeTimes, `hub: {config: {JupyterHub: {hub_routespec: /hub/api/}}}`)
	h.launch(t, "stays-abcd1234", "ghost-abcd1234")
	h.blind(t)

	t.Run("orphan", func(t *testing.T) {
		err := h.Launch(t.Context(), "orphan-abcd1234")
		if err == nil || !strings.Contains(err.Error(), "Spawn failed") {
			t.Fatalf("launched while blind: %v, want that the spawn failed", err)
		}
		h.logged(t, "orphan-abcd1234's server failed to start in 15 seconds, giving up", 1)
		eventually(t, "the Hub has forgotten the server", func() bool { return len(h.user(t, "orphan-abcd1234").Servers) == 0 })
		eventually(t, "the pod of the failed launch runs", func() bool {
			pod := h.podOf(t, "orphan-abcd1234")
			return pod != nil && pod.Status.Phase == corev1.PodRunning && pod.DeletionTimestamp == nil
		})
	})
	t.Run("ghost", func(t *testing.T) {
		h.delete(t, h.podOf(t, "ghost-abcd1234").Name)
		eventually(t, "the pod is gone", func() bool { return h.podOf(t, "ghost-abcd1234") == nil })
		if user := h.user(t, "ghost-abcd1234"); !user.Servers[""].Ready || user.Server == "" {
			t.Errorf("the Hub noticed that the pod is gone: %+v", user)
		}
	})
	h.finds(t, map[string]string{"ghost-abcd1234": "ghost", "orphan-abcd1234": "orphan"})
	h.run(t, "hub", "status").exits(3).prints(`(?i)blind`)
}

// TestRealHubSeesPodsGo: somebody deletes a pod, and the Hub notices when it is
// asked to stop the server.
func TestRealHubSeesPodsGo(t *testing.T) {
	t.Parallel()
	h := startRealHub(t)
	h.launch(t, "gone-abcd1234")
	h.delete(t, h.podOf(t, "gone-abcd1234").Name)
	eventually(t, "the pod is gone", func() bool { return h.podOf(t, "gone-abcd1234") == nil })
	answer, err := h.StopServer(t.Context(), "gone-abcd1234")
	if err != nil || answer.Status != http.StatusNoContent {
		t.Errorf("stopping a server without a pod: %d %s (%v), want 204", answer.Status, answer.Body, err)
	}
	h.logged(t, `User gone-abcd1234 server stopped, with exit code: 1`, 1)
	if user := h.user(t, "gone-abcd1234"); len(user.Servers) != 0 {
		t.Errorf("the server is %+v", user)
	}
}

// TestRealHubRestarts: the Hub is replaced, and finds its servers again, but for
// one that went meanwhile; and then without its database, and knows nobody.
func TestRealHubRestarts(t *testing.T) {
	t.Parallel()
	h := startRealHub(t)
	h.launch(t, "one-abcd1234", "two-abcd1234", "gone-abcd1234")
	h.restart(t, func() { h.delete(t, h.podOf(t, "gone-abcd1234").Name) })
	h.logged(t, `gone-abcd1234 appears to have stopped while the Hub was down`, 1)
	for _, user := range []string{"one-abcd1234", "two-abcd1234"} {
		h.logged(t, user+" still running", 1)
		if u := h.user(t, user); !u.Servers[""].Ready {
			t.Errorf("after the restart, %s is %+v", user, u)
		}
	}
	if u := h.user(t, "gone-abcd1234"); len(u.Servers) != 0 {
		t.Errorf("the server that went meanwhile is %+v", u)
	}
	users := h.users(t)
	if len(users) != 2 {
		t.Errorf("the pods are %q", users)
	}

	h.run(t, "hub", "restart", "--reason", "a test", "--yes").exits(0)
	sameSet(t, "pods after binderctl's restart", h.users(t), users)
	for _, user := range []string{"one-abcd1234", "two-abcd1234"} {
		if u := h.user(t, user); !u.Servers[""].Ready {
			t.Errorf("after binderctl's restart, %s is %+v", user, u)
		}
	}

	h.LoseDatabase()
	h.restart(t, nil)
	answer, err := h.Ask(t.Context(), h.Tokens.Binder, http.MethodGet, "/users", nil)
	if err != nil || answer.Status != http.StatusOK || strings.TrimSpace(string(answer.Body)) != "[]" {
		t.Errorf("a Hub without its database answers %d %s (%v)", answer.Status, answer.Body, err)
	}
	// Nobody is lost because the Hub knows nobody: binderctl refuses as soon as the
	// pods are old enough for it to wonder about them.
	eventually(t, "binderctl refuses", func() bool {
		return h.run(t, "pods", "orphans", "--cull", "--yes").code == 1
	})
	sameSet(t, "pods", h.users(t), users)
}

// TestRealHubCuller: the idle culler ends what is too old.
func TestRealHubCuller(t *testing.T) {
	t.Parallel()
	h := startRealHub(t, "cull: {every: 2, maxAge: 5}")
	h.launch(t, "old-abcd1234")
	h.logged(t, `Culling server old-abcd1234 \(age: 0`, 1)
	h.logged(t, `Culling user old-abcd1234 \(age: 0`, 1)
	eventually(t, "the Hub does not know the user", func() bool { return h.user(t, "old-abcd1234") == nil })
	if pod := h.podOf(t, "old-abcd1234"); pod != nil {
		t.Errorf("its pod is still there")
	}
}

// TestRealHubAborts: nodes start and end nothing any more. Launches fail, their
// pods cannot be cleaned up, and after the fifth failure in a row the Hub ends.
func TestRealHubAborts(t *testing.T) {
	t.Parallel()
	h := startRealHub(t)
	if err := h.gameday("pause", "kwok"); err != nil {
		t.Fatal(err)
	}
	users := []string{"one-abcd1234", "two-abcd1234", "three-abcd1234", "four-abcd1234", "five-abcd1234"}
	failed := make(chan error, len(users))
	for _, user := range users {
		go func() { failed <- h.Launch(t.Context(), user) }()
	}
	for range users {
		if err := <-failed; err == nil {
			t.Error("a server was launched, and no node starts any")
		}
	}
	h.logged(t, `Failed to cleanup \S+'s server that failed to start`, 1) // some end with the Hub before they say so
	h.logged(t, `Aborting due to 5 consecutive spawn failures`, 1)
	eventually(t, "the Hub was started again", func() bool {
		pod := h.readyHub(t)
		return pod != nil && len(pod.Status.ContainerStatuses) == 1 && pod.Status.ContainerStatuses[0].RestartCount == 1
	})
	for _, user := range users {
		if pod := h.podOf(t, user); pod == nil || pod.DeletionTimestamp == nil {
			t.Errorf("the pod of %s is not Terminating", user)
		}
	}
	if err := h.gameday("resume", "kwok"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the pods are gone", func() bool { return len(h.users(t)) == 0 })
}

// finds has binderctl look for what the Hub lost until that is each user's
// finding. A pod is not called lost as long as it may yet be starting, so that
// nothing is let settle before all is there.
func (h *realHub) finds(t *testing.T, want map[string]string) {
	t.Helper()
	eventually(t, fmt.Sprintf("binderctl finds %v", want), func() bool {
		if h.readyHub(t) == nil { // as its node was not heard of for a while
			return false
		}
		if len(h.orphans(t, "--settle", "0").Items) < len(want) {
			return false
		}
		got := map[string]string{}
		for _, finding := range h.orphans(t, "--settle", settled.String()).Items {
			got[finding.User] = finding.Class
		}
		for user, class := range got {
			if want[user] != class {
				t.Fatalf("%s of %s is none", class, user)
			}
		}
		return len(got) == len(want)
	})
}
