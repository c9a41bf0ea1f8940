package hub

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// gate is a listener that keeps its port all the time, and hangs up on everybody
// while it is shut: what a port-forward finds when nobody listens in the pod.
type gate struct {
	net.Listener
	mu    sync.Mutex
	open  bool
	conns map[*passed]struct{}
}

func newGate(ctx context.Context, port int) (*gate, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fmt.Errorf("listen as the Hub: %w", err)
	}
	return &gate{Listener: listener, conns: map[*passed]struct{}{}}, nil
}

// Accept returns the next connection that comes while the gate is open.
func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		g.mu.Lock()
		if g.open {
			through := &passed{Conn: conn, gate: g}
			g.conns[through] = struct{}{}
			g.mu.Unlock()
			return through, nil
		}
		g.mu.Unlock()
		_ = conn.Close()
	}
}

// set opens or shuts the gate. Shutting it ends all connections.
func (g *gate) set(open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = open
	if open {
		return
	}
	for conn := range g.conns {
		_ = conn.Conn.Close()
	}
	clear(g.conns)
}

// passed is a connection that came through a gate.
type passed struct {
	net.Conn
	gate *gate
}

// Close ends the connection.
func (p *passed) Close() error {
	p.gate.mu.Lock()
	delete(p.gate.conns, p)
	p.gate.mu.Unlock()
	return p.Conn.Close()
}
