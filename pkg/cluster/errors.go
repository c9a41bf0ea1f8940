package cluster

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// Throttled reports whether the server refused a request because it has too
// many, and for how long it asks to be left alone (0 when it does not say).
func Throttled(err error) (wait time.Duration, throttled bool) {
	if !apierrors.IsTooManyRequests(err) {
		return 0, false
	}
	seconds, _ := apierrors.SuggestsClientDelay(err)
	return time.Duration(seconds) * time.Second, true
}

// RetryAfter is how long an answer of HTTP asks to be left alone: its Retry-After
// in seconds, or 0 if it has none. Whoever asks for more than a day means never,
// and cannot be reckoned with.
func RetryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	const day = 24 * 60 * 60
	return time.Duration(min(seconds, day)) * time.Second
}

// Transient reports whether an error may go away by itself: the server is
// restarting, busy, or the connection broke.
func Transient(err error) bool {
	return Unreachable(err) ||
		apierrors.IsTooManyRequests(err) ||
		apierrors.IsServerTimeout(err) ||
		apierrors.IsTimeout(err) ||
		apierrors.IsServiceUnavailable(err) ||
		apierrors.IsInternalError(err)
}

// Unreachable reports whether no answer came from the server at all, so that
// nobody knows whether the request was carried out.
func Unreachable(err error) bool {
	return errors.Is(err, ErrSilent) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		utilnet.IsConnectionRefused(err) ||
		utilnet.IsConnectionReset(err) ||
		utilnet.IsProbableEOF(err) ||
		utilnet.IsHTTP2ConnectionLost(err) ||
		utilnet.IsTimeout(err) ||
		streamBroke(err) ||
		networkFailed(err)
}

// streamBroke reports whether one request's answer broke off while others on
// the same connection go on, as when an API server's own time limit ends it, or
// the connection they shared was closed. For the latter the library has no type,
// only texts that begin alike.
func streamBroke(err error) bool {
	_, broke := errors.AsType[http2.StreamError](err)
	return broke || err != nil && strings.Contains(err.Error(), "http2: ")
}

// networkFailed reports whether the network is at fault: no route, a broken
// pipe, a name server that does not answer. A name that does not exist is a
// mistake, and stays one.
func networkFailed(err error) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return false
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && (op.Op == "dial" || op.Op == "read" || op.Op == "write")
}

// Plain takes the request's URL out of an error: the server is named, and the
// query is nothing to an operator.
func (c *Client) Plain(err error) error {
	request, ok := errors.AsType[*url.Error](err)
	if !ok {
		return err
	}
	return fmt.Errorf("server %s: %w", c.Where.Server, request.Err)
}

// WithoutAddress is an error of a request without the address that was asked,
// which may hold a token or name a user.
func WithoutAddress(err error) error {
	if request, ok := errors.AsType[*url.Error](err); ok {
		return request.Err
	}
	return err
}
