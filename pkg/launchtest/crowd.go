package launchtest

import (
	"context"
	"sync"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// crowd reads a list once for all who want it at about the same time: two hundred
// launches that break together are no two hundred lists of every pod. Who comes
// while it is read waits for the next reading, as theirs may be missing from this
// one.
type crowd[T any] struct {
	read func(context.Context, cluster.Sink[T]) error

	mu   sync.Mutex
	last *round[T] // that began or waits for its turn; nil before the first
	open bool      // it waits, and may be joined
}

// round is one reading, and who waits for it.
type round[T any] struct {
	sinks []cluster.Sink[T]
	done  chan struct{}
	err   error // to be read once it is done
}

// join has the list read into sink. If it returns an error the sink may still be
// written to, and is not to be looked at.
func (c *crowd[T]) join(ctx context.Context, sink cluster.Sink[T]) error {
	c.mu.Lock()
	if !c.open {
		next := &round[T]{done: make(chan struct{})}
		go c.lead(context.WithoutCancel(ctx), next, c.last) // others may wait for longer
		c.last, c.open = next, true
	}
	mine := c.last
	mine.sinks = append(mine.sinks, sink)
	c.mu.Unlock()
	select {
	case <-mine.done:
		return mine.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// lead makes a round when the one before, if there was one, is over.
func (c *crowd[T]) lead(ctx context.Context, r, before *round[T]) {
	defer close(r.done)
	if before != nil {
		<-before.done
	}
	c.mu.Lock()
	c.open = false
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, gatherTime)
	defer cancel()
	r.err = c.read(ctx, all[T](r.sinks))
}

// all are several sinks of one list.
type all[T any] []cluster.Sink[T]

func (a all[T]) Reset() {
	for _, sink := range a {
		sink.Reset()
	}
}

func (a all[T]) Add(object *T) {
	for _, sink := range a {
		sink.Add(object)
	}
}
