package cluster

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestPacerSlowsDownForASlowServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := &server{latency: func() time.Duration {
			if time.Since(began) < 2*time.Second {
				return 40 * time.Millisecond
			}
			return 2 * time.Second
		}}
		s.run(t.Context(), 64, 3600)
		if n := mostBetween(s.requests, time.Second, 2*time.Second); n != 64 {
			t.Errorf("%d in flight before, want 64", n)
		}
		if n := mostBetween(s.requests, 20*time.Second, 25*time.Second); n > 32 {
			t.Errorf("%d in flight after the server slowed down, want half of 64 or less", n)
		}
	})
}

// A server that has become another, as after a failover, is not crept along at
// for ever.
func TestPacerGetsUsedToASlowerServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := &server{latency: func() time.Duration {
			if time.Since(began) < time.Second {
				return 10 * time.Millisecond
			}
			return 200 * time.Millisecond
		}}
		s.run(t.Context(), 16, 5000)
		if n := mostBetween(s.requests, 30*time.Second, time.Hour); n != 16 {
			t.Errorf("%d in flight at the most long after the change, want 16", n)
		}
	})
}

// Eighteen times a few milliseconds is nothing that a server suffers from.
func TestPacerMindsNoSmallLatencies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := &server{latency: func() time.Duration {
			if time.Since(began) < time.Second {
				return 5 * time.Millisecond
			}
			return 90 * time.Millisecond
		}}
		s.run(t.Context(), 16, 4500)
		if n := mostBetween(s.requests, 5*time.Second, 6*time.Second); n != 16 {
			t.Errorf("%d in flight, want 16 still", n)
		}
	})
}
