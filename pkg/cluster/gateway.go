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
	closed chan struct{}
	closer sync.Once

	mu     sync.Mutex
	tunnel *Tunnel
}

// FindPort finds the pod that a gateway leads to, and the port.
type FindPort func(context.Context, *Client) (*corev1.Pod, int, error)

// OpenGateway opens a gateway to what is found. Close ends it.
func (c *Client) OpenGateway(ctx context.Context, find FindPort) (*Gateway, error) {
	g := newGateway(c, find)
	_, err := g.current(ctx)
	return g, err
}

func newGateway(c *Client, find FindPort) *Gateway {
	return &Gateway{client: c, find: find, closed: make(chan struct{})}
}

// current is the tunnel, or the next one if that has ended. A gateway that is closed
// has none: net/http goes on to connect for a request that nobody waits for any
// more, and nobody would close what it opens.
func (g *Gateway) current(ctx context.Context) (*Tunnel, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tunnel != nil && !g.tunnel.Ended() {
		return g.tunnel, nil
	}
	select {
	case <-g.closed:
		return nil, net.ErrClosed
	default:
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	go func() {
		select {
		case <-g.closed:
			end(net.ErrClosed)
		case <-ctx.Done():
		}
	}()
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

// Close ends the tunnel, also one that is just being opened.
func (g *Gateway) Close() error {
	g.closer.Do(func() { close(g.closed) })
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tunnel == nil {
		return nil
	}
	return g.tunnel.Close()
}
