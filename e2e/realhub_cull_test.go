package e2e

import "testing"

// A cull through the real Hub: what it stops is gone from both, a pod that it
// cannot end is told of, and a healthy Hub has lost nothing in between.
func TestRealHubCull(t *testing.T) {
	t.Parallel()
	h := startRealHub(t)
	users := []string{"first-aaaaaaaa", "second-bbbbbbbb", "third-cccccccc", "held-dddddddd"}
	h.launch(t, users...)
	h.run(t, "pods", "orphans").exits(0).says(`no pod is lost: 4 pods, 4 servers`)
	h.run(t, "hub", "status").exits(0).prints(`HEALTHY`)

	held := h.podOf(t, "held-dddddddd").Name
	letGo := h.hold(t, held)
	h.run(t, "pods", "cull", "--older-than", "0s", "--via", "hub", "--yes", "--timeout", "20s").exits(1).
		says(`way: through the Hub \(a tunnel to pod hub-`).prints(held + `.*held by finalizer`).prints(`1 terminating`)
	for _, user := range users[:3] {
		if h.podOf(t, user) != nil {
			t.Errorf("the pod of %s is still there", user)
		}
		if u := h.user(t, user); u != nil && len(u.Servers) > 0 {
			t.Errorf("the Hub still believes in the server of %s: %+v", user, u.Servers)
		}
	}
	letGo()
	eventually(t, "the held pod is gone", func() bool { return h.podOf(t, "held-dddddddd") == nil })

	h.launch(t, "fourth-eeeeeeee")
	h.run(t, "pods", "cull", "--older-than", "0s", "--yes").exits(0).prints(`^pods: 1 deleted`)
	eventually(t, "the Hub has taken note", func() bool {
		u := h.user(t, "fourth-eeeeeeee")
		return u == nil || len(u.Servers) == 0
	})
}
