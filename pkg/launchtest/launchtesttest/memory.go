package launchtesttest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"
)

// InMemory has a server that is not started yet listen in memory, and returns what
// leads there, whatever the host that is asked for. Nothing waits for a network, so
// a launch in a synctest bubble takes no real time, and leaves no goroutine.
func InMemory(server *httptest.Server) *http.Transport {
	_ = server.Listener.Close() // a real one, on which nobody has connected
	listener := &memory{arrived: make(chan net.Conn), closed: make(chan struct{})}
	server.Listener = listener
	return &http.Transport{DialContext: listener.dial}
}

// memory is a listener on no network.
type memory struct {
	arrived chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func (m *memory) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case m.arrived <- there:
		return buffer(here), nil
	case <-m.closed:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// buffered is an end of a pipe on which it can be written though nobody reads yet,
// as on a network.
type buffered struct {
	net.Conn
	out  chan []byte
	over chan struct{}
	once sync.Once
}

// bufferedWrites is how often it can.
const bufferedWrites = 1 << 10

func buffer(end net.Conn) *buffered {
	b := &buffered{Conn: end, out: make(chan []byte, bufferedWrites), over: make(chan struct{})}
	go b.pass()
	return b
}

// pass passes on what is written, until the end is closed and all has been.
func (b *buffered) pass() {
	defer b.Conn.Close()
	for {
		select {
		case bytes := <-b.out:
			if _, err := b.Conn.Write(bytes); err != nil {
				_ = b.Close() // nobody reads any more
				return
			}
		case <-b.over:
			if len(b.out) == 0 {
				return
			}
		}
	}
}

func (b *buffered) Write(bytes []byte) (int, error) {
	select {
	case <-b.over:
		return 0, net.ErrClosed
	case b.out <- slices.Clone(bytes):
		return len(bytes), nil
	}
}

// Close ends reading at once.
func (b *buffered) Close() error {
	b.once.Do(func() { close(b.over) })
	return b.SetReadDeadline(time.Unix(1, 0))
}

// Accept, Close and Addr make it a net.Listener.
func (m *memory) Accept() (net.Conn, error) {
	select {
	case conn := <-m.arrived:
		return buffer(conn), nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

// Close ends the listening.
func (m *memory) Close() error {
	m.once.Do(func() { close(m.closed) })
	return nil
}

// Addr is an address that is asked for.
func (m *memory) Addr() net.Addr { return address("binder.example.org") }

// address is one that is a name.
type address string

func (address) Network() string  { return "memory" }
func (a address) String() string { return string(a) }
