package cluster

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

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
