package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"sync/atomic"
	"time"

	"k8s.io/client-go/transport"
)

// ErrSilent means that a server stopped answering for longer than the
// request's time-out.
var ErrSilent = errors.New("no answer")

// requestLog counts what was asked of the server.
type requestLog struct {
	count atomic.Int64
	skew  atomic.Int64 // how far this machine's clock is ahead, in nanoseconds
}

// answered takes the server's time from an answer.
func (l *requestLog) answered(header http.Header, now time.Time) {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		l.skew.Store(int64(now.Sub(date)))
	}
}

// patientTransport gives up on a request when the server is silent for longer
// than patience (0 is for ever): before it begins to answer, or within the
// answer. A watch may rest for as long as it likes once it was answered, unless
// it streams a list.
func patientTransport(patience time.Duration, requests *requestLog, now func() time.Time) transport.WrapperFunc {
	return func(next http.RoundTripper) http.RoundTripper {
		return &patient{next: next, patience: patience, requests: requests, now: now}
	}
}

// forever is as long as a timer can run, which is 292 years.
const forever = time.Duration(math.MaxInt64)

type patient struct {
	next     http.RoundTripper
	patience time.Duration
	requests *requestLog
	now      func() time.Time
}

// RoundTrip does one request.
func (p *patient) RoundTrip(req *http.Request) (*http.Response, error) {
	p.requests.count.Add(1)
	ctx, cancel := context.WithCancelCause(req.Context())
	silent := fmt.Errorf("%w from %s within %s", ErrSilent, req.URL.Host, p.patience)
	timer := time.AfterFunc(cmp.Or(p.patience, forever), func() { cancel(silent) })

	resp, err := p.next.RoundTrip(req.WithContext(ctx))
	timer.Stop()
	if err != nil {
		err = reason(ctx, err)
		cancel(err)
		return nil, err
	}
	p.requests.answered(resp.Header, p.now())
	body := &patientBody{ReadCloser: resp.Body, ctx: ctx, cancel: cancel}
	if p.patience > 0 && !isWatch(req) {
		body.timer, body.patience = timer, p.patience
	}
	resp.Body = body
	return resp, nil
}

// WrappedRoundTripper lets client-go find the transport underneath, so that it
// can close idle connections.
func (p *patient) WrappedRoundTripper() http.RoundTripper { return p.next }

func isWatch(req *http.Request) bool {
	query := req.URL.Query()
	return isTrue(query.Get("watch")) && !isTrue(query.Get("sendInitialEvents"))
}

func isTrue(value string) bool { return value == "true" || value == "1" }

// reason prefers our own account of why a request ended to "context canceled".
func reason(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, ErrSilent) {
		return cause
	}
	return err
}

type patientBody struct {
	io.ReadCloser
	ctx      context.Context //nolint:containedctx // it is this one answer's own
	cancel   context.CancelCauseFunc
	timer    *time.Timer // nil for a watch
	patience time.Duration
}

func (b *patientBody) Read(p []byte) (int, error) {
	if b.timer != nil {
		b.timer.Reset(b.patience)
		defer b.timer.Stop()
	}
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = reason(b.ctx, err)
	}
	return n, err
}

func (b *patientBody) Close() error {
	if b.timer != nil {
		b.timer.Stop()
	}
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}
