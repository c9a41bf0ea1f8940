package cluster

import (
	"context"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// DefaultMaxInFlight is how many requests a Pacer lets run side by side at the
// most. An API server on two cores does no more deletes a second with 128 in
// flight than with 64 (measured).
const DefaultMaxInFlight = 64

const (
	firstInFlight = 16 // where a Pacer begins: little for any API server
	slowdown      = 4  // a mean latency this many times the best means "too much"
	// latencyFloor is the latency below which nothing is called slow: on a
	// loopback the best is a millisecond, and four of them mean nothing.
	latencyFloor = 100 * time.Millisecond
	// patience is how long a Pacer keeps trying a server that does nothing it is
	// asked for. A control plane that is being restarted is back sooner.
	patience   = 60 * time.Second
	firstRetry = 250 * time.Millisecond
	lastRetry  = 4 * time.Second
	smoothing  = 0.1 // weight of the newest latency in the mean
	// startUp is for how long a server that was away may forbid what it allowed
	// before: until it has read the roles, it forbids everything.
	startUp = 30 * time.Second
)

// A Pacer carries out many requests with as many in flight as the server
// bears. It begins with a few, doubles them with each round that goes well
// until something is amiss, and then grows by one a round. It halves them when
// the server says it has too many (429) or answers much slower than before,
// keeps still for as long as a Retry-After asks, and sends one at a time to a
// server that does not answer until it does again.
//
// Requests must be safe to repeat: one whose answer was lost is sent again.
type Pacer struct {
	max int
	now func() time.Time

	mu       sync.Mutex
	limit    float64
	growing  bool // still doubling
	inFlight int
	freed    chan struct{} // closed, and made anew, when a place may be free
	resume   time.Time     // nothing starts before
	heard    time.Time     // when the server last gave an answer that counts
	mean     float64       // smoothed latency, in seconds
	best     float64       // lowest mean seen
	cutAt    time.Time     // when the limit was last cut
	lost     time.Time     // when the server last was not to be reached
}

// NewPacer returns a Pacer that never has more than maxInFlight requests under
// way; 0 means DefaultMaxInFlight.
func (c *Client) NewPacer(maxInFlight int) *Pacer {
	if maxInFlight <= 0 {
		maxInFlight = DefaultMaxInFlight
	}
	return &Pacer{
		max: maxInFlight, now: c.Now,
		limit: min(firstInFlight, float64(maxInFlight)), growing: true,
		freed: make(chan struct{}), heard: c.Now(),
	}
}

// Each calls do for 0 to n-1, in that order though side by side, and returns
// each one's error. When ctx ends, no more are begun (theirs is ctx's error),
// but those in flight are finished: do's own context does not end with ctx.
func (p *Pacer) Each(ctx context.Context, n int, do func(ctx context.Context, i int) error) []error {
	errs := make([]error, n)
	var running sync.WaitGroup
	for i := range n {
		if errs[i] = p.enter(ctx); errs[i] != nil {
			continue
		}
		running.Go(func() {
			errs[i] = p.try(ctx, func(ctx context.Context) error { return do(ctx, i) })
		})
	}
	running.Wait()
	return errs
}

// try calls do, again if that may help. It is entered with a place in flight
// and gives the place back.
func (p *Pacer) try(ctx context.Context, do func(context.Context) error) error {
	for delay := firstRetry; ; delay = min(2*delay, lastRetry) {
		began := p.now()
		err := do(context.WithoutCancel(ctx))
		p.leave(err, p.now().Sub(began))
		if !Transient(err) && !p.startsUp(err) {
			return err
		}
		if lost := p.silence(); lost > patience {
			return fmt.Errorf("gave up after %s: %w", lost.Round(time.Second), err)
		}
		if rest, _ := Throttled(err); rest <= 0 && sleep(ctx, delay) != nil {
			return err
		}
		if p.enter(ctx) != nil {
			return err
		}
	}
}

// enter waits for a place in flight.
func (p *Pacer) enter(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.mu.Lock()
		rest := p.resume.Sub(p.now())
		if rest <= 0 && p.inFlight < int(p.limit) {
			p.inFlight++
			p.mu.Unlock()
			return nil
		}
		freed := p.freed
		p.mu.Unlock()
		if err := waitFor(ctx, freed, rest); err != nil {
			return err
		}
	}
}

// waitFor waits until something is freed or, if rest is positive, that long.
func waitFor(ctx context.Context, freed <-chan struct{}, rest time.Duration) error {
	if rest > 0 {
		return sleep(ctx, rest)
	}
	select {
	case <-freed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave gives a place back and learns from how the request went.
func (p *Pacer) leave(err error, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inFlight--
	began := p.now().Add(-took)
	wait, throttled := Throttled(err)
	switch {
	case throttled:
		p.heard = p.now()
		p.cut(p.limit/2, began)
		if until := p.now().Add(wait); until.After(p.resume) {
			p.resume = until
		}
	case Unreachable(err):
		p.lost = p.now()
		p.cut(1, began)
	case Transient(err): // an answer, but one that a broken webhook gives for ever
		p.cut(p.limit/2, began)
	default:
		p.heard = p.now()
		p.learn(took.Seconds(), began)
	}
	close(p.freed)
	p.freed = make(chan struct{})
}

// learn takes in the latency of a request that was answered.
func (p *Pacer) learn(took float64, began time.Time) {
	if p.mean == 0 {
		p.mean = took
	}
	p.mean += smoothing * (took - p.mean)
	if p.best == 0 || p.mean < p.best {
		p.best = p.mean
	}
	if p.mean > latencyFloor.Seconds() && p.mean > slowdown*p.best {
		if p.limit == 1 { // then it is not the load: the server has become another
			p.best = p.mean
		}
		p.cut(p.limit/2, began)
		return
	}
	if p.growing {
		p.limit++ // each of a round adds one: the round doubles
	} else {
		p.limit += 1 / p.limit
	}
	p.limit = min(p.limit, float64(p.max))
}

// cut lowers the limit for the trouble that a request met; once for all that
// were in flight together: what began before the last cut says nothing about
// the limit since.
func (p *Pacer) cut(limit float64, began time.Time) {
	if limit > 1 && began.Before(p.cutAt) {
		return
	}
	p.growing = false
	p.cutAt = p.now()
	p.limit = max(1, min(limit, p.limit))
}

// startsUp reports whether an error may only mean that the server has just come
// back.
func (p *Pacer) startsUp(err error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return apierrors.IsForbidden(err) && !p.lost.IsZero() && p.now().Sub(p.lost) < startUp
}

// silence is for how long the server has given no answer that counts, not
// counting a rest that it asked for.
func (p *Pacer) silence() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	since := p.heard
	if p.resume.After(since) {
		since = p.resume
	}
	return p.now().Sub(since)
}
