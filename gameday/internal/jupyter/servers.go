// Package jupyter plays what is behind the public address of a BinderHub's users:
// the proxy, and in each user's pod a Jupyter server whose kernels compute.
package jupyter

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/gameday/internal/kubelet"
	"github.com/binderctl/binderctl/gameday/internal/record"
)

// The faults of users' servers.
const (
	ServerSilent    = "server-silent"
	KernelDies      = "kernel-dies"
	KernelWrong     = "kernel-wrong-answer"
	ShutdownIgnored = "shutdown-ignored"
)

// Servers are those of all users.
type Servers struct {
	nodes       *kubelet.Kubelet
	has         func(fault string) bool
	book        *record.Book
	now         func() time.Time
	ctx         context.Context //nolint:containedctx // of the game day: kernels outlive requests
	kernelStart time.Duration

	mu        sync.Mutex
	servers   map[types.UID]*server
	upstreams map[string]*url.URL // a real server behind a user's address; "" is for all
}

// NewServers makes the servers of all users whose pods run on the nodes.
func NewServers(ctx context.Context, nodes *kubelet.Kubelet, has func(string) bool, book *record.Book, kernelStart time.Duration, now func() time.Time) *Servers {
	return &Servers{
		nodes: nodes, has: has, book: book, now: now, ctx: ctx, kernelStart: kernelStart,
		servers: map[types.UID]*server{}, upstreams: map[string]*url.URL{},
	}
}

// server is that in one pod.
type server struct {
	*Servers
	pod     *corev1.Pod
	user    string
	base    string // "/user/NAME"
	token   string
	started time.Time
	handler http.Handler
	down    atomic.Bool // it has ended, and answers nothing any more

	mu       sync.Mutex
	kernels  map[string]*kernel
	order    []string
	sessions map[string]session
	active   time.Time
	ended    bool
}

// of is the server in a pod that runs.
func (s *Servers) of(pod *corev1.Pod) *server {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.servers[pod.UID]; known != nil {
		return known
	}
	user, now := kubelet.User(pod), s.now()
	made := &server{
		Servers: s, pod: pod, user: user, base: "/user/" + user, token: tokenOf(pod), started: now, active: now,
		kernels: map[string]*kernel{}, sessions: map[string]session{},
	}
	made.handler = made.routes()
	s.servers[pod.UID] = made
	s.forget()
	return made
}

// forget drops the servers whose pods have gone. The caller holds the lock.
func (s *Servers) forget() {
	for uid, one := range s.servers {
		if pod := s.nodes.Pod(one.pod.Name); pod == nil || pod.UID != uid {
			delete(s.servers, uid)
			go one.stopKernels()
		}
	}
}

// tokenOf is the token that a pod's server was started with.
func tokenOf(pod *corev1.Pod) string {
	for _, argument := range pod.Spec.Containers[0].Args {
		if token, ok := strings.CutPrefix(argument, "--ServerApp.token="); ok {
			return token
		}
	}
	return ""
}

// allowed says whether a request shows the server's token.
func (s *server) allowed(r *http.Request) bool {
	shown := r.URL.Query().Get("token")
	if scheme, rest, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && (strings.EqualFold(scheme, "token") || strings.EqualFold(scheme, "bearer")) {
		shown = strings.TrimSpace(rest)
	}
	return s.token != "" && shown == s.token
}
