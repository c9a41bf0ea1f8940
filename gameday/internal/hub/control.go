package hub

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/gameday/internal/control"
)

// Judgement is how well the Hub knows its pods, in the eyes of the game day,
// which sees both.
type Judgement struct {
	Lives   bool `json:"lives"`   // a Hub runs and is reached
	Sees    bool `json:"sees"`    // its reflector is alive
	Servers int  `json:"servers"` // that it believes in
	Orphans int  `json:"orphans"` // pods of users that it does not know
	Ghosts  int  `json:"ghosts"`  // servers that it thinks are ready, without a pod
	Stuck   int  `json:"stuck"`   // servers whose start or stop takes longer than it may
}

// serveControl answers the game day's own commands.
func (h *Hub) serveControl(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-h.settled:
		case <-r.Context().Done():
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	base := "/" + h.config.ControlKey
	control.ServeFaults(mux, base, h.faultStates, h.Switch)
	mux.HandleFunc("GET "+base+"/judgement", func(w http.ResponseWriter, r *http.Request) {
		judgement, err := h.Judge(r.Context())
		control.Reply(w, judgement, err)
	})
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", h.config.ControlPort))
	if err != nil {
		return fmt.Errorf("listen for the game day: %w", err)
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return server.Serve(listener)
}

func (h *Hub) faultStates() []control.FaultState {
	h.mu.Lock()
	defer h.mu.Unlock()
	var states []control.FaultState
	for _, fault := range Faults() {
		state := control.FaultState{Fault: fault}
		if i := slices.IndexFunc(h.content.Faults, named(fault.Name)); i >= 0 {
			state.Since = &h.content.Faults[i].Since
		}
		states = append(states, state)
	}
	return states
}

// Judge compares what the Hub believes with what there is.
func (h *Hub) Judge(ctx context.Context) (*Judgement, error) {
	before := h.known()
	list, err := h.client.CoreV1().Pods(h.config.Namespace).List(ctx, metav1.ListOptions{LabelSelector: userPodSelector})
	if err != nil {
		return nil, fmt.Errorf("judge the Hub: list pods: %w", err)
	}
	there := map[string]bool{}
	for i := range list.Items {
		pod := &list.Items[i]
		there[pod.Name] = pod.DeletionTimestamp == nil && pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed
	}
	down := h.has(Down)
	h.mu.Lock()
	defer h.mu.Unlock()
	judgement := &Judgement{}
	if life := h.life; life != nil {
		judgement.Lives = life.ctx.Err() == nil && !down
		judgement.Sees = life.reflector.sees()
	}
	known := before // what comes or goes meanwhile is neither lost nor a ghost
	for _, u := range h.content.Users {
		server := u.Server
		if server == nil {
			continue
		}
		judgement.Servers++
		_, pod := there[server.Pod]
		if before[server.Pod] && server.Pending == "" && !pod {
			judgement.Ghosts++
		}
		if server.Stuck || server.Pending != "" && h.now().Sub(server.Since) > h.config.StartTimeout+stuckSlack {
			judgement.Stuck++
		}
		known[server.Pod] = true
	}
	for name, lives := range there {
		if _, is := known[name]; lives && !is {
			judgement.Orphans++
		}
	}
	return judgement, nil
}

// known are the pods of all servers, and whether each server is ready.
func (h *Hub) known() map[string]bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	known := map[string]bool{}
	for _, u := range h.content.Users {
		if u.Server != nil {
			known[u.Server.Pod] = u.Server.Pending == ""
		}
	}
	return known
}

// stuckSlack is how long after its limit a start or stop may still be pending.
const stuckSlack = 30 * time.Second
