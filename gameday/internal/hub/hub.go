// Package hub is a stand-in for JupyterHub, KubeSpawner and their proxy, as
// BinderHub runs them: their REST APIs, their log and what they do to pods,
// right and wrong.
package hub

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/binderctl/binderctl/gameday/internal/hubdb"
)

// Hub is the stand-in. It outlives the hub pods, each of which is a life of it.
type Hub struct {
	ctx    context.Context // of the whole process
	config *Config
	client kubernetes.Interface
	now    func() time.Time
	log    *Log
	bodies *bodies
	hub    *gate
	proxy  *gate
	dirty  chan struct{} // the database is to be written
	poke   chan struct{} // a pod has changed
	// settled is closed when it is known whether there is a Hub to begin with.
	settled chan struct{}
	settle  func()

	mu       sync.Mutex // of what follows, and of all that a life knows of users
	content  *hubdb.Content
	life     *life
	proxyPod body
}

// Run plays the Hub until ctx ends.
func Run(ctx context.Context, config *Config, now func() time.Time) error {
	h, err := open(config, now)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	h.ctx = ctx
	if h.hub, err = newGate(ctx, config.HubPort, http.HandlerFunc(h.serveHub)); err != nil {
		return err
	}
	if h.proxy, err = newGate(ctx, config.ProxyPort, h.proxyRoutes()); err != nil {
		return err
	}
	if h.bodies, err = follow(ctx, h.client, config.Namespace, h.stir); err != nil {
		return err
	}
	group.Go(func() error { return h.write(ctx) })
	group.Go(func() error { return h.live(ctx) })
	group.Go(func() error { return h.serveControl(ctx) })
	return group.Wait()
}

func open(config *Config, now func() time.Time) (*Hub, error) {
	access, err := clientcmd.BuildConfigFromFlags("", config.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("connect the Hub: %w", err)
	}
	access.QPS = -1
	access.ContentType = runtime.ContentTypeProtobuf
	client, err := kubernetes.NewForConfig(access)
	if err != nil {
		return nil, fmt.Errorf("connect the Hub: %w", err)
	}
	content, err := hubdb.Read(config.Database)
	if err != nil {
		return nil, err
	}
	log, err := OpenLog(config.Log, now)
	if err != nil {
		return nil, err
	}
	return newHub(config, client, content, log, now), nil
}

func newHub(config *Config, client kubernetes.Interface, content *hubdb.Content, log *Log, now func() time.Time) *Hub {
	settled := make(chan struct{})
	return &Hub{
		config: config, client: client, now: now, log: log, content: content,
		dirty: make(chan struct{}, 1), poke: make(chan struct{}, 1),
		settled: settled, settle: sync.OnceFunc(func() { close(settled) }),
	}
}

// stir has the Hub look at its pods again.
func (h *Hub) stir() {
	select {
	case h.poke <- struct{}{}:
	default: // it will look anyway
	}
}

// keep has the database written soon.
func (h *Hub) keep() {
	select {
	case h.dirty <- struct{}{}:
	default: // it will be
	}
}

// writePause is how long changes gather until they are written together.
const writePause = 100 * time.Millisecond

func (h *Hub) write(ctx context.Context) error {
	for {
		select {
		case <-h.dirty:
		case <-ctx.Done():
			return ctx.Err()
		}
		h.mu.Lock()
		err := hubdb.Write(h.config.Database, h.content)
		h.mu.Unlock()
		if err != nil {
			return err
		}
		select {
		case <-time.After(writePause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// serveHub answers as the Hub that lives now.
func (h *Hub) serveHub(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	life := h.life
	h.mu.Unlock()
	if life == nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	life.handler.ServeHTTP(w, r)
}
