package cluster

import (
	"context"
	"fmt"
	"sync"
)

// round is one read of a list for several readers. It begins when all who are due
// have come.
type round[T any] struct {
	what string // is read
	wide func(sink Sink[T]) (version string, err error)
	// narrow reads what some want of it alone, where the whole cannot be had; nil if
	// nobody does.
	narrow func(sink Sink[T]) (version string, err error)

	mu    sync.Mutex
	due   int // who have not come yet
	seats []*seat[T]
}

// seat is a reader's place in a round.
type seat[T any] struct {
	sink   Sink[T]
	narrow bool
	left   bool // the reader has given up, and their sink is theirs again
	over   chan ending
}

// ending is what came of a round.
type ending struct {
	version string
	err     error
}

// take takes part in the round and waits until the list has been read, or ctx ends.
// It reports false if the round has begun without.
func (r *round[T]) take(ctx context.Context, narrow bool, sink Sink[T]) (version string, took bool, err error) {
	own := r.sit(narrow, sink)
	if own == nil {
		return "", false, nil
	}
	select {
	case end := <-own.over:
		return end.version, true, end.err
	case <-ctx.Done():
		r.mu.Lock()
		own.left = true
		r.mu.Unlock()
		return "", true, fmt.Errorf("list %s: %w", r.what, context.Cause(ctx))
	}
}

// sit finds a place, and has the round begin with the last. It is nil if there is
// none left.
func (r *round[T]) sit(narrow bool, sink Sink[T]) *seat[T] {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.due == 0 {
		return nil
	}
	own := &seat[T]{sink: sink, narrow: narrow, over: make(chan ending, 1)}
	r.seats = append(r.seats, own)
	if r.due--; r.due == 0 {
		go r.run(r.seats)
	}
	return own
}

// run reads the list for all, and what some want of it alone if that fails.
func (r *round[T]) run(seats []*seat[T]) {
	version, err := r.wide(&audience[T]{r, seats})
	var again []*seat[T]
	for _, s := range seats {
		if err != nil && s.narrow {
			again = append(again, s)
			continue
		}
		s.over <- ending{version, err}
	}
	if len(again) == 0 {
		return
	}
	version, err = r.narrow(&audience[T]{r, again})
	for _, s := range again {
		s.over <- ending{version, err}
	}
}

// audience is the sink of a round: those of all who are still there.
type audience[T any] struct {
	round *round[T]
	seats []*seat[T]
}

// Reset begins the list anew.
func (a *audience[T]) Reset() { a.each(Sink[T].Reset) }

// Add takes in an object.
func (a *audience[T]) Add(object *T) { a.each(func(s Sink[T]) { s.Add(object) }) }

func (a *audience[T]) each(do func(Sink[T])) {
	a.round.mu.Lock()
	defer a.round.mu.Unlock()
	for _, s := range a.seats {
		if !s.left {
			do(s.sink)
		}
	}
}
