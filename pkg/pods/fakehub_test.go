package pods

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"

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

// endingHub is a Hub that knows the servers of a plan and ends them.
func endingHub(server *clustertest.Server, plan Plan) *fakeHub {
	hub, pod := &fakeHub{}, map[string]string{}
	for _, victim := range plan.Victims {
		hub.knows = append(hub.knows, victim.User)
		pod[victim.User] = victim.Name
	}
	hub.stop = func(user string) error {
		server.Remove(clustertest.Namespace, pod[user])
		return nil
	}
	return hub
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
