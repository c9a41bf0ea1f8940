package cluster

import (
	"context"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// server stands in for an API server in a bubble of synctest: each request
// takes as long as it says and is answered as answer decides.
type server struct {
	latency func() time.Duration
	answer  func(i int) error

	mu       sync.Mutex
	inFlight int
	most     int
	requests []request
}

type request struct {
	i    int
	at   time.Duration // since the beginning
	with int           // in flight, itself included
}

func (s *server) run(ctx context.Context, maxInFlight, n int) []error {
	client := &Client{Now: time.Now}
	began := time.Now()
	return client.NewPacer(maxInFlight).Each(ctx, n, func(ctx context.Context, i int) error {
		s.mu.Lock()
		s.inFlight++
		s.most = max(s.most, s.inFlight)
		s.requests = append(s.requests, request{i, time.Since(began), s.inFlight})
		s.mu.Unlock()
		defer func() {
			s.mu.Lock()
			s.inFlight--
			s.mu.Unlock()
		}()
		select {
		case <-time.After(s.latency()):
		case <-ctx.Done():
			return ctx.Err()
		}
		if s.answer == nil {
			return nil
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.answer(i)
	})
}

// most is the highest number in flight among requests begun in a span.
func mostBetween(requests []request, from, to time.Duration) int {
	most := 0
	for _, r := range requests {
		if r.at >= from && r.at < to {
			most = max(most, r.with)
		}
	}
	return most
}

func steady(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

func throttled(seconds int) error { return apierrors.NewTooManyRequests("too many", seconds) }

var errRefused = fmt.Errorf("delete: %w", ErrSilent)
