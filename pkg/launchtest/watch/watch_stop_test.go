package watch

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/binderctl/binderctl/pkg/launchtest"
)

func TestStopsInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(repos(time.Minute, "a", "b", "c"), 30*time.Second, well)
		s.config.AtOnce = 2
		begin := time.Now()
		s.run(t, 10*time.Second)
		if took := time.Since(begin); took != 13*time.Second {
			t.Errorf("it took %s to stop, want until the launches were ended", took)
		}
		if len(s.began) != 2 || len(s.reports) != 2 || s.reports[0].Launch.Result != launchtest.Stopped {
			t.Errorf("began %v, reported %+v", s.began, s.reports)
		}
	})
}

// TestRestsWhileItStops has a server take minutes to end, and another target come
// due meanwhile, which is not launched any more: there is nothing to look after.
func TestRestsWhileItStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(repos(time.Minute, "a", "b"), time.Second, well)
		launch := s.config.Launch
		s.config.Launch = func(ctx context.Context, target Target) launchtest.Launch {
			if target.Repo == "a" {
				<-ctx.Done()
				time.Sleep(5 * time.Minute) // in a bubble
			}
			return launch(ctx, target)
		}
		looks := 0
		s.config.Now = func() time.Time { looks++; return time.Now() }
		s.run(t, 30*time.Second)
		if looks > 100 { // a heartbeat is 10 s
			t.Errorf("it looked at the clock %d times while it ran for half a minute and stopped for five", looks)
		}
	})
}

func TestAReaderThatHasGoneEndsTheWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(repos(time.Minute, "a", "b"), 30*time.Second, well)
		gone := errors.New("broken pipe")
		s.config.Seen = func(Report) error { return gone }
		if err := New(s.config).Run(t.Context()); !errors.Is(err, gone) {
			t.Errorf("the watch ended with %v", err)
		}
	})
}
