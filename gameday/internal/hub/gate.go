package hub

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// gate is a port on which somebody listens at times. While it is shut,
// connections to it are refused, as they are in a pod in which nobody listens.
type gate struct {
	address string
	server  *http.Server

	mu       sync.Mutex
	listener net.Listener // nil while it is shut
}

// newGate makes a gate that is shut, and sees that its port is free.
//
// It keeps no connection for the next request: of one that the Hub closes, a
// port-forward to a simulated kubelet does not tell its client.
func newGate(ctx context.Context, port int, handler http.Handler) (*gate, error) {
	g := &gate{address: fmt.Sprintf("127.0.0.1:%d", port), server: &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}}
	g.server.SetKeepAlivesEnabled(false)
	if err := g.set(ctx, true); err != nil {
		return nil, err
	}
	return g, g.set(ctx, false)
}

// set opens or shuts the gate. Who is through already gets an answer.
func (g *gate) set(ctx context.Context, open bool) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if open == (g.listener != nil) {
		return nil
	}
	if !open {
		err := g.listener.Close()
		g.listener = nil
		if err != nil && !errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("stop to listen as the Hub: %w", err)
		}
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", g.address)
	if err != nil {
		return fmt.Errorf("listen as the Hub: %w", err)
	}
	g.listener = listener
	go func() { _ = g.server.Serve(listener) }() // ends when the gate is shut
	return nil
}
