package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/transport"
)

// ErrNoConnection means that no connection to a server came about in time, so
// that more patience with its answers does not help. It is an ErrSilent, too.
var ErrNoConnection error = noConnection{}

type noConnection struct{}

func (noConnection) Error() string { return "no connection" }

// Is makes it a kind of silence.
func (noConnection) Is(other error) bool { return other == ErrSilent }

const (
	// connectLimit is how long the first connection to a server may take, from the
	// look-up of its name to the end of the TLS handshake (for which client-go has a
	// limit of its own, 10 s). Over a bad link it takes a second.
	connectLimit = 15 * time.Second
	// giveUpFor is how long a server that was given up is not asked again: longer
	// than a command rests between two requests, and not too long for a watch.
	giveUpFor = 15 * time.Second
)

// contact is whether a server can be reached at all. A command makes several
// requests, and some of them more than once, each of which would wait anew for a
// server that hangs: one that was never heard is given up for all of them. One
// that was heard before is being restarted, and worth all the patience there is.
type contact struct {
	now func() time.Time

	mu    sync.Mutex
	heard bool
	lost  error     // why the server was given up
	until time.Time // for how long
}

// transport makes requests through next, and none of a server that was given up.
func (c *contact) transport() transport.WrapperFunc {
	return func(next http.RoundTripper) http.RoundTripper { return &contacting{c, next} }
}

// state says whether the server was heard, and why not to ask it now, if it was
// not.
func (c *contact) state() (heard bool, lost error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost != nil && c.now().Before(c.until) {
		return false, c.lost
	}
	return c.heard, nil
}

// note takes in how a request went, and returns its error as others should know
// it.
func (c *contact) note(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil:
		c.heard, c.lost = true, nil
	case !c.heard && (errors.Is(err, ErrSilent) || utilnet.IsTimeout(err)):
		err = givenUpError{err}
		c.lost, c.until = err, c.now().Add(giveUpFor)
	}
	return err
}

// givenUpError is that a server that was never heard is not worth another try.
type givenUpError struct{ error }

func (e givenUpError) Unwrap() error { return e.error }

// NeverHeard reports whether an error is of a server of which nothing was ever
// heard, so that nothing is worth another try.
func NeverHeard(err error) bool {
	_, is := errors.AsType[givenUpError](err)
	return is
}

type contacting struct {
	*contact
	next http.RoundTripper
}

// RoundTrip does one request.
func (c *contacting) RoundTrip(req *http.Request) (*http.Response, error) {
	heard, lost := c.state()
	switch {
	case heard:
		return c.next.RoundTrip(req)
	case lost != nil:
		if req.Body != nil {
			_ = req.Body.Close() // which is up to a transport
		}
		return nil, lost
	}
	resp, err := connectFirst(c.next, req)
	if req.Context().Err() != nil { // it was given up by who asked
		return resp, err
	}
	return resp, c.note(err)
}

// WrappedRoundTripper lets client-go find the transport underneath.
func (c *contacting) WrappedRoundTripper() http.RoundTripper { return c.next }

// connectFirst does one request, if there is a connection for it in time.
func connectFirst(next http.RoundTripper, req *http.Request) (*http.Response, error) {
	var connected atomic.Bool
	ctx, cancel := context.WithCancelCause(req.Context())
	timer := time.AfterFunc(connectLimit, func() {
		cancel(fmt.Errorf("%w to %s within %s", ErrNoConnection, req.URL.Host, connectLimit))
	})
	defer timer.Stop()
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(timer.Stop()) }}
	resp, err := next.RoundTrip(req.WithContext(httptrace.WithClientTrace(ctx, trace)))
	if err != nil && !connected.Load() && utilnet.IsTimeout(err) {
		err = fmt.Errorf("%w to %s: %w", ErrNoConnection, req.URL.Host, err)
	}
	return resp, err
}
