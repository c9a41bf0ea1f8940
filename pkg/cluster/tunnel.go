package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/streaming/pkg/httpstream"
)

// A Tunnel reaches one port of one pod through the API server, as kubectl
// port-forward does, but opens no port on this machine that others could use
// too. It ends with its pod.
type Tunnel struct {
	pod    string
	port   int
	stream httpstream.Connection
	last   atomic.Int64 // the latest connection's number
}

// TunnelIdle is how long a connection through a tunnel is best kept for the next
// request. What is in the pod hangs up when it likes (configurable-http-proxy
// after 5 s, Node's default), which not every kubelet passes on: the next request
// would wait for an answer in vain.
const TunnelIdle = 2 * time.Second

// TunnelError is that a tunnel to a pod could not be opened.
type TunnelError struct {
	Pod   string
	Cause error
}

// Error names the pod.
func (e *TunnelError) Error() string { return "open a tunnel to pod " + e.Pod + ": " + e.Cause.Error() }

// Unwrap is why.
func (e *TunnelError) Unwrap() error { return e.Cause }

// OpenTunnel opens a tunnel to a port of a pod of a namespace, within the
// client's limit on silence. Close ends it. It takes the right to create
// pods/portforward; what keeps it shut is a *TunnelError.
func (c *Client) OpenTunnel(ctx context.Context, namespace, pod string, port int) (*Tunnel, error) {
	if c.config == nil {
		return nil, errors.New("open a tunnel: this client has no connection of its own")
	}
	dialer, err := c.tunnelDialer(namespace, pod)
	if err != nil {
		return nil, &TunnelError{pod, err}
	}
	if c.patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.patience, fmt.Errorf("%w within %s", ErrSilent, c.patience))
		defer cancel()
	}
	stream, err := dialWithin(ctx, dialer)
	if err != nil {
		return nil, &TunnelError{pod, err}
	}
	return &Tunnel{pod: pod, port: port, stream: stream}, nil
}

// tunnelDialer speaks websockets, and SPDY with API servers before 1.31 and
// with proxies that know no websockets.
func (c *Client) tunnelDialer(namespace, pod string) (httpstream.Dialer, error) {
	address := c.Kube.CoreV1().RESTClient().Post().Resource("pods").
		Namespace(namespace).Name(pod).SubResource("portforward").URL()
	transport, upgrader, err := spdy.RoundTripperFor(c.config)
	if err != nil {
		return nil, err
	}
	old := spdy.NewDialerForStreaming(upgrader, &http.Client{Transport: transport}, http.MethodPost, address)
	today, err := portforward.NewSPDYOverWebsocketDialerForStreaming(address, c.config)
	if err != nil {
		return nil, err
	}
	return portforward.NewFallbackDialerForStreaming(today, old, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	}), nil
}

// dialWithin dials for as long as ctx lasts: dialers take no context.
func dialWithin(ctx context.Context, dialer httpstream.Dialer) (httpstream.Connection, error) {
	type answer struct {
		stream httpstream.Connection
		err    error
	}
	answered := make(chan answer, 1)
	go func() {
		stream, _, err := dialer.Dial(portforward.PortForwardProtocolV1Name)
		answered <- answer{stream, err}
	}()
	select {
	case a := <-answered:
		return a.stream, a.err
	case <-ctx.Done():
		go func() {
			if late := <-answered; late.err == nil {
				_ = late.stream.Close()
			}
		}()
		return nil, context.Cause(ctx)
	}
}

// Close ends the tunnel and every connection through it.
func (t *Tunnel) Close() error { return t.stream.Close() }

// Dial makes a connection through the tunnel. It has the shape of
// net.Dialer.DialContext and pays no heed to the address: there is one place to
// which a tunnel leads.
func (t *Tunnel) Dial(context.Context, string, string) (net.Conn, error) {
	headers := http.Header{}
	headers.Set(corev1.StreamType, corev1.StreamTypeError)
	headers.Set(corev1.PortHeader, strconv.Itoa(t.port))
	headers.Set(corev1.PortForwardRequestIDHeader, strconv.FormatInt(t.last.Add(1), 10))
	trouble, err := t.stream.CreateStream(headers)
	if err != nil {
		return nil, fmt.Errorf("connect to port %d of pod %s: %w", t.port, t.pod, err)
	}
	_ = trouble.Close() // nothing is ever written to it
	headers.Set(corev1.StreamType, corev1.StreamTypeData)
	data, err := t.stream.CreateStream(headers)
	if err != nil {
		t.stream.RemoveStreams(trouble)
		return nil, fmt.Errorf("connect to port %d of pod %s: %w", t.port, t.pod, err)
	}
	conn := &tunnelConn{tunnel: t, data: data, trouble: trouble, told: make(chan struct{})}
	go conn.listen()
	return conn, nil
}

// tunnelConn is a connection through a tunnel.
type tunnelConn struct {
	tunnel  *Tunnel
	data    httpstream.Stream
	trouble httpstream.Stream
	told    chan struct{} // closed when the kubelet has said all it will say
	why     string        // what it said; to be read after that
	closing sync.Once
}

// mostTrouble is how much of a kubelet's complaint is kept.
const mostTrouble = 4 << 10

// listen takes in why the connection fails, if it does: nobody listens on the
// port, for instance.
func (c *tunnelConn) listen() {
	defer close(c.told)
	text, _ := io.ReadAll(io.LimitReader(c.trouble, mostTrouble))
	c.why = string(text)
}

// lastWord is how long a kubelet may take to say why a connection has ended: it
// does so on another stream, which ends together with the connection's own.
const lastWord = time.Second

// Read reads what the pod has written. When it has ended, the error says why if
// the kubelet does.
func (c *tunnelConn) Read(p []byte) (int, error) {
	n, err := c.data.Read(p)
	if err == nil || n > 0 {
		return n, nil
	}
	select {
	case <-c.told:
	case <-time.After(lastWord):
		return n, err
	}
	if c.why != "" {
		return n, fmt.Errorf("port %d of pod %s: %s", c.tunnel.port, c.tunnel.pod, c.why)
	}
	return n, err
}

func (c *tunnelConn) Write(p []byte) (int, error) { return c.data.Write(p) }

// Close ends the connection at both ends.
func (c *tunnelConn) Close() error {
	c.closing.Do(func() {
		_ = c.data.Reset()
		_ = c.trouble.Reset()
		c.tunnel.stream.RemoveStreams(c.data, c.trouble)
	})
	return nil
}

func (c *tunnelConn) LocalAddr() net.Addr  { return tunnelAddr{c.tunnel} }
func (c *tunnelConn) RemoteAddr() net.Addr { return tunnelAddr{c.tunnel} }

// The streams have no deadlines; whoever waits too long closes the connection.

func (c *tunnelConn) SetDeadline(time.Time) error      { return nil }
func (c *tunnelConn) SetReadDeadline(time.Time) error  { return nil }
func (c *tunnelConn) SetWriteDeadline(time.Time) error { return nil }

type tunnelAddr struct{ *Tunnel }

func (tunnelAddr) Network() string  { return "port-forward" }
func (a tunnelAddr) String() string { return net.JoinHostPort(a.pod, strconv.Itoa(a.port)) }

// Ended reports whether the tunnel has ended, so that it makes no more
// connections.
func (t *Tunnel) Ended() bool {
	select {
	case <-t.stream.CloseChan():
		return true
	default:
		return false
	}
}
