package launchtest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// last is a sink that keeps the last of what it was given.
type last struct{ of *int }

func (l last) Reset()     { *l.of = 0 }
func (l last) Add(n *int) { *l.of = *n }

// TestCrowd has many come while a list is read: that takes one reading more, which
// is begun after they came, and none is read beside another.
func TestCrowd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		readings, atOnce := 0, 0
		c := crowd[int]{read: func(_ context.Context, sink cluster.Sink[int]) error {
			readings++
			if atOnce++; atOnce > 1 {
				t.Error("two lists are read at once")
			}
			this := readings
			time.Sleep(time.Second) // in a bubble
			sink.Reset()
			sink.Add(&this)
			atOnce--
			if this == 3 {
				return errors.New("gone")
			}
			return nil
		}}
		join := func(ctx context.Context, want int, fails bool) {
			got := 0
			if err := c.join(ctx, last{&got}); (err != nil) != fails || err == nil && got != want {
				t.Errorf("reading %d, want %d: %v", got, want, err)
			}
		}
		var joining sync.WaitGroup
		joining.Go(func() { join(t.Context(), 1, false) })
		synctest.Wait()
		hasty, leave := context.WithTimeout(t.Context(), time.Millisecond)
		defer leave()
		joining.Go(func() { join(hasty, 0, true) }) // and takes nobody along
		for range 50 {
			joining.Go(func() { join(t.Context(), 2, false) })
		}
		joining.Wait()
		join(t.Context(), 3, true)
		join(t.Context(), 4, false)
		if readings != 4 {
			t.Errorf("%d readings", readings)
		}
	})
}
