package jupyter

import (
	"sync"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/calc"
	"github.com/binderctl/binderctl/gameday/internal/record"
)

// The states of a kernel.
const (
	starting = "starting"
	idle     = "idle"
	busy     = "busy"
	dead     = "dead"
)

// kernel computes, one message after the other.
type kernel struct {
	server *server
	id     string
	self   string        // its session
	ready  chan struct{} // closed once it has started
	over   chan struct{} // closed at its end
	stop   func()

	work   sync.Mutex // held while it computes
	memory calc.Memory
	count  int

	mu      sync.Mutex
	state   string
	active  time.Time
	clients map[*client]struct{}
}

func newKernel(of *server) *kernel {
	k := &kernel{
		server: of, id: identity(), self: identity(), ready: make(chan struct{}), over: make(chan struct{}),
		memory: calc.Memory{}, state: starting, active: of.now(), clients: map[*client]struct{}{},
	}
	k.stop = sync.OnceFunc(func() { close(k.over) })
	return k
}

// start has the kernel be ready after a while.
func (k *kernel) start() {
	timer := time.NewTimer(k.server.kernelStart)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-k.over:
		return
	}
	k.become(idle, nil)
	close(k.ready)
	k.server.book.EndOf(k.server.user, record.Kernel, "")
}

// become tells everybody of another state, because of a message.
func (k *kernel) become(state string, because *message) {
	k.mu.Lock()
	k.state, k.active = state, k.server.now()
	k.mu.Unlock()
	k.publish("status", map[string]any{"execution_state": state}, because)
}

// publish sends a message to all who are connected.
func (k *kernel) publish(kind string, content map[string]any, because *message) {
	made := k.message(kind, "iopub", content, because)
	k.mu.Lock()
	var all []*client
	for one := range k.clients {
		all = append(all, one)
	}
	k.mu.Unlock()
	for _, one := range all {
		one.send(made)
	}
}

func (k *kernel) connected() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.clients)
}

func (k *kernel) model() map[string]any {
	k.mu.Lock()
	defer k.mu.Unlock()
	return map[string]any{
		"id": k.id, "name": kernelName, "last_activity": stamp(k.active), "execution_state": k.state, "connections": len(k.clients),
	}
}

// handle answers a message of a client.
func (k *kernel) handle(from *client, asked *message) {
	select {
	case <-k.ready:
	case <-k.over:
		return
	}
	k.work.Lock()
	defer k.work.Unlock()
	if k.model()["execution_state"] == dead {
		return
	}
	k.become(busy, asked)
	switch asked.Header.Type {
	case "execute_request":
		if !k.execute(from, asked) {
			return
		}
	case "kernel_info_request":
		from.send(k.message("kernel_info_reply", asked.Channel, kernelInfo(), asked))
	case "comm_info_request":
		from.send(k.message("comm_info_reply", asked.Channel, map[string]any{"status": "ok", "comms": map[string]any{}}, asked))
	case "shutdown_request":
		from.send(k.message("shutdown_reply", asked.Channel, map[string]any{"status": "ok", "restart": false}, asked))
	}
	k.become(idle, asked)
}

func kernelInfo() map[string]any {
	return map[string]any{
		"status": "ok", "protocol_version": protocol, "implementation": "ipython", "implementation_version": "9.7.0",
		"language_info": map[string]any{
			"name": "python", "version": "3.13.5", "mimetype": "text/x-python", "file_extension": ".py", "nbconvert_exporter": "python",
		},
		"banner": "Python 3.13.5\nType 'copyright', 'credits' or 'license' for more information\n", "help_links": []any{}, "debugger": true,
	}
}
