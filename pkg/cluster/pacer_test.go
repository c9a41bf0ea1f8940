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

func TestPacerHalvesAndRestsWhenThrottled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const trouble, rest = time.Second, 7 * time.Second
		began := time.Now()
		refused := 0
		s := &server{latency: steady(10 * time.Millisecond)}
		s.answer = func(int) error {
			if at := time.Since(began); at >= trouble && at < trouble+10*time.Millisecond {
				refused++
				return throttled(7)
			}
			return nil
		}
		errs := s.run(t.Context(), 40, 7000)
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if refused == 0 {
			t.Fatal("nothing was refused")
		}
		if len(s.requests) != 7000+refused {
			t.Errorf("%d requests, want one for each and %d again", len(s.requests), refused)
		}
		if n := mostBetween(s.requests, trouble+10*time.Millisecond, trouble+rest); n != 0 {
			t.Errorf("%d in flight while the server wanted rest", n)
		}
		if n := mostBetween(s.requests, trouble+rest, trouble+rest+20*time.Millisecond); n < 18 || n > 22 {
			t.Errorf("%d in flight after the rest, want half of 40", n)
		}
		if n := mostBetween(s.requests, trouble+rest, time.Hour); n != 40 {
			t.Errorf("%d in flight in the end, want 40 again", n)
		}
	})
}

func TestPacerDoesNotHammerAServerThatNamesNoRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := &server{latency: steady(time.Millisecond)}
		s.answer = func(int) error {
			if time.Since(began) < 10*time.Second {
				return throttled(0)
			}
			return nil
		}
		errs := s.run(t.Context(), 1, 1)
		if errs[0] != nil {
			t.Error(errs[0])
		}
		if n := len(s.requests); n > 10 {
			t.Errorf("%d requests in ten seconds, for one", n)
		}
	})
}

func TestPacerWaitsForAServerThatIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const away, back = time.Second, 31 * time.Second
		began := time.Now()
		s := &server{latency: steady(10 * time.Millisecond)}
		s.answer = func(int) error {
			if at := time.Since(began); at >= away && at < back {
				return errRefused
			}
			return nil
		}
		errs := s.run(t.Context(), 40, 7000)
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if n := mostBetween(s.requests, away+time.Second, back); n != 1 {
			t.Errorf("%d in flight while nobody answered, want 1", n)
		}
		tried := 0
		for _, r := range s.requests {
			if r.at >= away+time.Second && r.at < back {
				tried++
			}
		}
		if tried > 15 {
			t.Errorf("%d requests while nobody answered", tried)
		}
		if n := mostBetween(s.requests, back+time.Second, time.Hour); n != 40 {
			t.Errorf("%d in flight after the server came back, want 40", n)
		}
	})
}

// A server that has just come back forbids everything until it has read the
// roles. What it still forbids after that, it means.
func TestPacerBearsWithAServerThatStarts(t *testing.T) {
	t.Parallel()
	forbidden := apierrors.NewForbidden(corev1.Resource("pods"), "x", errors.New("no"))
	for name, ready := range map[string]time.Duration{"soon": 5 * time.Second, "never": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				s := &server{latency: steady(10 * time.Millisecond)}
				s.answer = func(int) error {
					switch at := time.Since(began); {
					case at < time.Second:
						return errRefused
					case at < ready:
						return forbidden
					}
					return nil
				}
				err := errors.Join(s.run(t.Context(), 0, 50)...)
				if (err == nil) != (name == "soon") {
					t.Errorf("error %v", err)
				}
				if took := time.Since(began); took > 2*startUp {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

func TestPacerGivesUp(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]error{
		"on a server that does not answer":    errRefused,
		"on one that only says that it broke": apierrors.NewInternalError(errors.New("failed calling webhook")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				s := &server{latency: steady(10 * time.Millisecond), answer: func(int) error { return answer }}
				errs := s.run(t.Context(), 0, 100)
				for i, err := range errs {
					tried := errors.Is(err, answer) && strings.Contains(err.Error(), "gave up after 1m")
					if !tried && !errors.Is(err, ErrGaveUp) {
						t.Fatalf("error %d is %v", i, err)
					}
				}
				if n := len(s.requests); n > 60 {
					t.Errorf("%d requests", n)
				}
				if took := time.Since(began); took < patience || took > 2*patience {
					t.Errorf("gave up after %s, want a little over %s", took, patience)
				}
			})
		})
	}
}

// One request that the server can never do must not hold up the rest, nor be
// tried for ever.
func TestPacerGivesUpOnOneOfMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := &server{latency: steady(10 * time.Millisecond)}
		s.answer = func(i int) error {
			if i == 0 {
				return apierrors.NewInternalError(errors.New("failed calling webhook"))
			}
			return nil
		}
		errs := s.run(t.Context(), 0, 100)
		if errs[0] == nil || errors.Join(errs[1:]...) != nil {
			t.Errorf("first: %v; the others: %v", errs[0], errors.Join(errs[1:]...))
		}
		if took := time.Since(began); took > 2*patience {
			t.Errorf("took %s", took)
		}
	})
}

// A long rest that the server asked for is not silence.
func TestPacerDoesNotCountARestAsSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{latency: steady(10 * time.Millisecond)}
		answers := []error{throttled(300), errRefused, nil}
		s.answer = func(int) error {
			answer := answers[0]
			answers = answers[1:]
			return answer
		}
		if errs := s.run(t.Context(), 1, 1); errs[0] != nil {
			t.Error(errs[0])
		}
	})
}

// A server that refuses for ever is given up, however long it asks to be left alone.
func TestPacerGivesUpOnAServerThatOnlyRefuses(t *testing.T) {
	t.Parallel()
	for name, seconds := range map[string]int{"and names no rest": 0, "and asks for a moment": 5, "and asks for a year": 365 * 24 * 60 * 60} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				s := &server{latency: steady(10 * time.Millisecond), answer: func(int) error { return throttled(seconds) }}
				for i, err := range s.run(t.Context(), 4, 20) {
					if err == nil {
						t.Errorf("%d was done", i)
					}
				}
				if took := time.Since(began); took > indulgence+2*patience {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

func TestPacerStopsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(1500*time.Millisecond, cancel)
		s := &server{latency: steady(time.Second)}
		errs := s.run(ctx, 10, 100)
		done := 0
		for i, err := range errs {
			switch {
			case err == nil:
				done++
			case !errors.Is(err, context.Canceled):
				t.Errorf("error %d is %v", i, err)
			}
		}
		if done != 20 || len(s.requests) != 20 {
			t.Errorf("%d done of %d begun, want the 20 of the first two rounds", done, len(s.requests))
		}
	})
}

func TestPacerStopsWaitingWithItsContext(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]error{
		"for a rest to end":        throttled(3600),
		"for a server to be there": errRefused,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(5*time.Second, cancel)
				began := time.Now()
				s := &server{latency: steady(time.Millisecond), answer: func(int) error { return answer }}
				errs := s.run(ctx, 1, 2)
				if took := time.Since(began); took > 6*time.Second {
					t.Errorf("stopped after %s", took)
				}
				if !errors.Is(errs[0], answer) {
					t.Errorf("the one that was tried: %v, want what the server said", errs[0])
				}
				if errs[1] == nil {
					t.Error("the other was done")
				}
			})
		})
	}
}

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

func TestPacerDoesNotRepeatWhatCannotHelp(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]error{
		"not found": apierrors.NewNotFound(corev1.Resource("pods"), "x"),
		"forbidden": apierrors.NewForbidden(corev1.Resource("pods"), "x", errors.New("no")),
		"conflict":  apierrors.NewConflict(corev1.Resource("pods"), "x", errors.New("other UID")),
		"a mistake": errors.New("no such host"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &server{latency: steady(time.Millisecond), answer: func(int) error { return answer }}
				errs := s.run(t.Context(), 0, 3)
				if len(s.requests) != 3 {
					t.Errorf("%d requests for 3", len(s.requests))
				}
				for _, err := range errs {
					if !errors.Is(err, answer) {
						t.Errorf("error %v, want %v as it is", err, answer)
					}
				}
			})
		})
	}
}
