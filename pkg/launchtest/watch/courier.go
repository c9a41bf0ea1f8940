package watch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Sink is where alerts go. Send is called by one goroutine and returns when ctx
// ends. An error that wraps ErrFinal is not to be tried again.
type Sink interface {
	Name() string
	Send(ctx context.Context, alert Alert) error
}

// ErrFinal means that to send an alert again would not help.
var ErrFinal = errors.New("not tried again")

const (
	// mostWaiting is how many alerts wait for a sink that does not take them.
	mostWaiting = 64
	// deliverFor is how long an alert is tried to be delivered. Later, it is
	// reminders that tell.
	deliverFor = 15 * time.Minute
	firstPause = time.Second
	mostPause  = time.Minute
)

// Courier brings alerts to a sink, in order, and tries again if need be.
type Courier struct {
	sink Sink
	told func(sink string, err error) // of each alert: nil if it has arrived

	mu      sync.Mutex
	waiting chan Alert
	closed  bool
}

// NewCourier prepares a courier.
func NewCourier(sink Sink, told func(sink string, err error)) *Courier {
	return &Courier{sink: sink, told: told, waiting: make(chan Alert, mostWaiting)}
}

// Take takes an alert on and does not wait for it to arrive. When too many wait,
// it is given up.
func (c *Courier) Take(alert Alert) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	select {
	case c.waiting <- alert:
	default:
		c.told(c.sink.Name(), fmt.Errorf("%d alerts wait already: one was dropped", mostWaiting))
	}
}

// Close says that no more alerts will come: Run returns when those that wait are
// through.
func (c *Courier) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	close(c.waiting)
}

// Run delivers until Close was called and none waits any more. Once ctx has ended
// each of those that wait is tried once.
func (c *Courier) Run(ctx context.Context) {
	for alert := range c.waiting {
		c.told(c.sink.Name(), c.deliver(ctx, alert))
	}
}

// deliver tries until the alert has arrived or there is no hope.
func (c *Courier) deliver(ctx context.Context, alert Alert) error {
	ctx, cancel := context.WithTimeout(ctx, deliverFor)
	defer cancel()
	for wait := firstPause; ; wait = min(2*wait, mostPause) {
		err := c.sink.Send(ctx, alert)
		if err == nil || errors.Is(err, ErrFinal) {
			return err
		}
		wait = max(wait, min(askedPause(err), deliverFor))
		if cluster.Sleep(ctx, wait) != nil {
			return fmt.Errorf("given up: %w", err)
		}
	}
}

// pauseError is a failure after which the other side asks for a pause.
type pauseError struct {
	error
	pause time.Duration
}

func (e pauseError) Unwrap() error { return e.error }

func askedPause(err error) time.Duration {
	if asked, ok := errors.AsType[pauseError](err); ok {
		return asked.pause
	}
	return 0
}
