package hub

import (
	"context"
	"net"
	"sync"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

const (
	apiPort   = 8081 // of the hub pod (z2jh's)
	proxyPort = 8001 // of the proxy pod: configurable-http-proxy's own API (z2jh's)
)

// gateway makes connections to a port of a pod through a tunnel, and opens
// another when the tunnel has ended: with its pod, or with the API server's
// connection.
type gateway struct {
	client *cluster.Client
	find   func(context.Context, *cluster.Client) (*corev1.Pod, error)
	port   int

	mu     sync.Mutex
	tunnel *cluster.Tunnel
}

// open opens the tunnel, unless there is one.
func (g *gateway) open(ctx context.Context) error {
	_, err := g.current(ctx)
	return err
}

func (g *gateway) current(ctx context.Context) (*cluster.Tunnel, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tunnel != nil && !g.tunnel.Ended() {
		return g.tunnel, nil
	}
	pod, err := g.find(ctx, g.client)
	if err != nil {
		return nil, err
	}
	tunnel, err := g.client.OpenTunnel(ctx, pod.Namespace, pod.Name, g.port)
	if err != nil {
		return nil, unreachableError{err}
	}
	g.tunnel = tunnel
	return tunnel, nil
}

// dial makes a connection; it has the shape of net.Dialer.DialContext.
func (g *gateway) dial(ctx context.Context, network, address string) (net.Conn, error) {
	tunnel, err := g.current(ctx)
	if err != nil {
		return nil, err
	}
	return tunnel.Dial(ctx, network, address)
}

func (g *gateway) close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tunnel == nil {
		return nil
	}
	return g.tunnel.Close()
}
