package cluster

import (
	"context"
	"errors"
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
	// latencyFloor is the latency below which nothing is called slow: a quarter
	// of the second in which Kubernetes promises to answer 99 of 100 changes. A
	// server on two cores takes half of it when it is merely busy (measured).
	latencyFloor = 250 * time.Millisecond
	// patience is how long a Pacer keeps trying a server that does nothing it is
	// asked for. A control plane that is being restarted is back sooner.
	patience = 60 * time.Second
	// indulgence is how long a server may ask to be left alone, at once or again and
	// again, and do nothing meanwhile, before it counts as silent.
	indulgence = 15 * time.Minute
	firstRetry = 250 * time.Millisecond
	lastRetry  = 4 * time.Second
	smoothing  = 0.1 // weight of the newest latency in the mean
	// startUp is for how long a server that was away may forbid what it allowed
	// before: until it has read the roles, it forbids everything.
	startUp = 30 * time.Second
)

// ErrGaveUp is the error of a request that was not begun because the server had
// not done what it was asked for in a long time.
var ErrGaveUp = errors.New("gave up on the server")

// A Pacer carries out many requests with as many in flight as the server
// bears. It begins with a few, doubles them with each round that goes well
// until something is amiss, and then grows by one a round. It halves them when
// the server says it has too many (429) or answers much slower than before,
// keeps still for as long as a Retry-After asks, and sends one at a time, with
// ever longer rests between, to a server that does not answer until it does
// again.
//
// Requests must be safe to repeat: one whose answer was lost is sent again.
type Pacer struct {
	max   int
	floor time.Duration // a latency below it is never slow
	now   func() time.Time

	mu       sync.Mutex
	limit    float64
	growing  bool // still doubling
	inFlight int
	freed    chan struct{} // closed, and made anew, when a place may be free
	resume   time.Time     // nothing starts before
	heard    time.Time     // when the server last gave an answer that counts, or will after a rest it asked for
	served   time.Time     // when it last did what it was asked for, or said why not
	rest     time.Duration // after the next failure
	failed   time.Time     // when the last rest after a failure began
	mean     float64       // smoothed latency, in seconds
	best     float64       // lowest mean seen
	cutAt    time.Time     // when the limit was last cut
	lost     time.Time     // when the server last was not to be reached
	gaveUp   bool
}

// NewPacer returns a Pacer that never has more than maxInFlight requests under
// way; 0 means DefaultMaxInFlight.
func (c *Client) NewPacer(maxInFlight int) *Pacer {
	return c.NewUnhurriedPacer(maxInFlight, latencyFloor)
}

// NewUnhurriedPacer is NewPacer for a server whose answers may take up to floor
// without that being a sign of too much work.
func (c *Client) NewUnhurriedPacer(maxInFlight int, floor time.Duration) *Pacer {
	if maxInFlight <= 0 {
		maxInFlight = DefaultMaxInFlight
	}
	return &Pacer{
		max: maxInFlight, floor: floor, now: c.Now,
		limit: min(firstInFlight, float64(maxInFlight)), growing: true,
		freed: make(chan struct{}), heard: c.Now(), served: c.Now(), rest: firstRetry,
	}
}

// Each calls do for 0 to n-1, in that order though side by side, and returns
// each one's error. When ctx ends, no more are begun (theirs is ctx's error),
// but those in flight are finished: do's own context does not end with ctx. Nor
// are more begun on a server that was given up (theirs is ErrGaveUp).
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
	for {
		began := p.now()
		err := do(context.WithoutCancel(ctx))
		if mayHelp := p.leave(err, p.now().Sub(began)); !mayHelp {
			return err
		}
		if p.silence() <= patience {
			switch again := p.enter(ctx); {
			case again == nil:
				continue
			case !errors.Is(again, ErrGaveUp):
				return err
			}
		}
		return fmt.Errorf("gave up after %s: %w", p.silence().Round(time.Second), err)
	}
}

// enter waits for a place in flight.
func (p *Pacer) enter(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.mu.Lock()
		if p.gaveUp {
			p.mu.Unlock()
			return ErrGaveUp
		}
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
		return Sleep(ctx, rest)
	}
	select {
	case <-freed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave gives a place back, learns from how the request went and says whether
// trying again may help.
func (p *Pacer) leave(err error, took time.Duration) (mayHelp bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inFlight--
	began := p.now().Add(-took)
	wait, throttled := Throttled(err)
	switch {
	case throttled:
		wait = min(wait, indulgence)
		if until := p.now().Add(wait); until.Before(p.served.Add(indulgence)) {
			p.heard = later(p.heard, until)
		}
		p.cut(p.limit/2, began)
		if wait > 0 {
			p.resume = later(p.resume, p.now().Add(wait))
		} else {
			p.pause(began)
		}
	case Unreachable(err):
		p.lost = p.now()
		p.cut(1, began)
		p.pause(began)
	case p.startsUp(err):
		p.heard = later(p.heard, p.now())
		p.cut(1, began)
		p.pause(began)
	case Transient(err): // an answer, but one that a broken webhook gives for ever
		p.cut(p.limit/2, began)
		p.pause(began)
	default:
		p.heard, p.served = later(p.heard, p.now()), p.now()
		p.rest = firstRetry
		p.learn(took.Seconds(), began)
	}
	close(p.freed)
	p.freed = make(chan struct{})
	return Transient(err) || p.startsUp(err)
}

// pause makes all rest after a failure, once for all that failed together, and
// longer each time until something succeeds: what is not begun cannot fail.
func (p *Pacer) pause(began time.Time) {
	if began.Before(p.failed) {
		return
	}
	p.failed = p.now()
	p.resume = later(p.resume, p.now().Add(p.rest))
	p.rest = min(2*p.rest, lastRetry)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
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
	if p.mean > p.floor.Seconds() && p.mean > slowdown*p.best {
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
	return apierrors.IsForbidden(err) && !p.lost.IsZero() && p.now().Sub(p.lost) < startUp
}

// silence is for how long the server has given no answer that counts. Beyond
// the Pacer's patience it is final.
func (p *Pacer) silence() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	silence := p.now().Sub(p.heard)
	p.gaveUp = p.gaveUp || silence > patience
	return silence
}
