package cluster

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestPacerStartsSmallAndGrowsToTheMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{latency: steady(10 * time.Millisecond)}
		errs := s.run(t.Context(), 50, 1000)
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if len(s.requests) != 1000 {
			t.Errorf("%d requests for 1000", len(s.requests))
		}
		if first := mostBetween(s.requests, 0, 10*time.Millisecond); first != firstInFlight {
			t.Errorf("began with %d in flight, want %d", first, firstInFlight)
		}
		if second := mostBetween(s.requests, 10*time.Millisecond, 20*time.Millisecond); second != 2*firstInFlight {
			t.Errorf("went on with %d in flight, want twice as many", second)
		}
		if s.most != 50 {
			t.Errorf("%d in flight at the most, want 50", s.most)
		}
	})
}

func TestPacerHasALimitOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, 1, 3} {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &server{latency: steady(time.Millisecond)}
				s.run(t.Context(), limit, 500)
				want := limit
				if limit == 0 {
					want = DefaultMaxInFlight
				}
				if s.most != want {
					t.Errorf("%d in flight at the most, want %d", s.most, want)
				}
			})
		})
	}
}

func TestPacerBeginsInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{latency: steady(time.Millisecond)}
		s.run(t.Context(), 1, 20)
		if !slices.IsSortedFunc(s.requests, func(a, b request) int { return a.i - b.i }) {
			t.Errorf("requests were begun in the order %v", s.requests)
		}
	})
}
