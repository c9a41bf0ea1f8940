package hub

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/hubdb"
)

// life is one process of the Hub, from the start of its container to its end:
// what it has in its memory goes with it.
type life struct {
	*Hub
	ctx       context.Context
	end       func()
	body      body
	reflector *reflector
	metrics   *metrics
	handler   http.Handler
	work      sync.WaitGroup

	// Guarded by Hub.mu.
	users    []*user // in the order of their ids
	byName   map[string]*user
	failures int // spawns that failed one after the other
}

// user is what the Hub has in memory of a user.
type user struct {
	*hubdb.User
	spawn   *spawn         // the last one, while it is pending and after it failed
	stop    chan struct{}  // closed when the stop that is pending is over
	options map[string]any // of the last spawn
	ready   bool
}

// spawn is a start of a server.
type spawn struct {
	began  time.Time
	over   chan struct{} // closed at its end
	cancel context.CancelFunc
	failed string // why, once it is over
}

// errRestart is why a life ends while its pod stays.
var errRestart = errors.New("the Hub's process ends")

// live is one life of the Hub after the other.
func (h *Hub) live(ctx context.Context) error {
	for {
		found, err := h.awaitBody(ctx)
		if err != nil {
			return err
		}
		h.liveIn(ctx, found)
	}
}

// awaitBody waits for a hub pod that is ready.
func (h *Hub) awaitBody(ctx context.Context) (body, error) {
	for {
		h.openOrShut()
		if found := h.bodies.of("hub"); found.uid != "" && found.ready {
			return found, nil
		}
		h.settle()
		select {
		case <-h.poke:
		case <-ctx.Done():
			return body{}, ctx.Err()
		}
	}
}

// liveIn is the life in one pod, until that goes or the process ends.
func (h *Hub) liveIn(ctx context.Context, in body) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	l := h.born(ctx, in, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		end(errRestart)
	})
	h.mu.Lock()
	continues := h.content.Continues
	h.content.Continues = false
	h.mu.Unlock()
	if continues {
		l.carryOn()
	} else {
		l.begin()
	}
	h.mu.Lock()
	h.life = l
	h.mu.Unlock()
	h.keep()
	l.goOn()
	h.openOrShut()
	h.settle()
	for ctx.Err() == nil && h.bodies.of("hub").uid == in.uid {
		h.openOrShut()
		select {
		case <-h.poke:
		case <-ctx.Done():
		}
	}
	h.mu.Lock()
	end(nil) // nothing starts from here on
	h.life = nil
	h.mu.Unlock()
	h.openOrShut()
	l.reflector.kill()
	l.work.Wait()
}

// born makes the life of a process that has not done anything yet.
func (h *Hub) born(ctx context.Context, in body, end func()) *life {
	l := &life{
		Hub: h, ctx: ctx, end: end, body: in, byName: map[string]*user{},
		reflector: newReflector(h.client, h.config.Namespace, h.log), metrics: newMetrics(),
	}
	l.handler = l.routes()
	l.metrics.started.Set(float64(h.now().UnixMilli()) / 1000)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.content.Pod != in.uid && !h.content.Continues {
		h.log.Clear()
	}
	h.content.Pod = in.uid
	if !h.content.Continues {
		h.forget()
	}
	for _, kept := range h.content.Users {
		l.add(kept)
	}
	return l
}

// add puts a user of the database into memory. The caller holds the lock.
func (l *life) add(kept *hubdb.User) *user {
	u := &user{User: kept}
	l.users = append(l.users, u)
	l.byName[kept.Name] = u
	return u
}

// start has something done while this life lasts.
func (l *life) start(do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.startLocked(do)
}

// startLocked is start for who holds the lock.
func (l *life) startLocked(do func()) {
	if l.ctx.Err() == nil {
		l.work.Go(do)
	}
}

// goOn starts what a Hub does all the time.
func (l *life) goOn() {
	l.start(l.pollAll)
	l.start(l.noteActivity)
	if l.config.Cull.Awake {
		l.start(l.cull)
	}
	if l.config.Launches != nil {
		l.start(l.launchUsers)
		l.start(l.shutKernels)
	}
}

// portPause is how long it takes until a port is tried again.
const portPause = 100 * time.Millisecond

// openOrShut opens the gates that are to be open now, and shuts the others.
func (h *Hub) openOrShut() {
	if h.bodies == nil {
		return // nobody listens in a test
	}
	in, front := h.bodies.of("hub"), h.bodies.of("proxy")
	down := h.has(Down)
	h.mu.Lock()
	lives := h.life != nil && h.life.body.uid == in.uid && h.life.ctx.Err() == nil
	replaced := h.proxyPod.uid != "" && front.uid != "" && front.uid != h.proxyPod.uid
	if front.uid != "" {
		h.proxyPod = front
	}
	life := h.life
	h.mu.Unlock()
	err := errors.Join(h.hub.set(h.ctx, lives && in.ready && !down), h.proxy.set(h.ctx, front.ready))
	if err != nil {
		time.AfterFunc(portPause, h.stir) // somebody else has the port for a moment
	}
	if replaced {
		h.routesLost(life)
	}
}
