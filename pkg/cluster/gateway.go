package cluster

import (
	"context"
	"net"
	"sync"

	corev1 "k8s.io/api/core/v1"
)

// A Gateway makes connections to a port of a pod through a tunnel, and opens
// another when the tunnel has ended: with its pod, or with the API server's
// connection.
type Gateway struct {
	client *Client
	find   FindPort

	mu     sync.Mutex
	tunnel *Tunnel
}

// FindPort finds the pod that a gateway leads to, and the port.
type FindPort func(context.Context, *Client) (*corev1.Pod, int, error)

// OpenGateway opens a gateway to what is found. Close ends it.
func (c *Client) OpenGateway(ctx context.Context, find FindPort) (*Gateway, error) {
	g := &Gateway{client: c, find: find}
	_, err := g.current(ctx)
	return g, err
}

// current is the tunnel, or the next one if that has ended.
func (g *Gateway) current(ctx context.Context) (*Tunnel, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tunnel != nil && !g.tunnel.Ended() {
		return g.tunnel, nil
	}
	pod, port, err := g.find(ctx, g.client)
	if err != nil {
		return nil, err
	}
	tunnel, err := g.client.OpenTunnel(ctx, pod.Namespace, pod.Name, port)
	if err != nil {
		return nil, err
	}
	g.tunnel = tunnel
	return tunnel, nil
}

// Dial makes a connection; it has the shape of net.Dialer.DialContext.
func (g *Gateway) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	tunnel, err := g.current(ctx)
	if err != nil {
		return nil, err
	}
	return tunnel.Dial(ctx, network, address)
}

// String says where it leads now.
func (g *Gateway) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return "a tunnel to pod " + g.tunnel.pod
}

// Close ends the tunnel.
func (g *Gateway) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tunnel == nil {
		return nil
	}
	return g.tunnel.Close()
}
