package cluster

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

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
