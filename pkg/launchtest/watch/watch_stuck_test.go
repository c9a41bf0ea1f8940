package watch

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/binderctl/binderctl/pkg/launchtest"
)

func TestStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		s := newScene(repos(time.Minute, "a"), time.Second, func(int, Target) launchtest.Launch { return broken(launchtest.Unreachable) })
		var w *Watcher
		s.config.Seen = func(Report) error { <-hold; return nil } // nobody reads stdout
		w = New(s.config)
		if w.Stuck() == "" {
			t.Error("a watch that has not begun is called well")
		}
		ctx, cancel := context.WithCancel(t.Context())
		var done sync.WaitGroup
		done.Go(func() { _ = w.Run(ctx) })
		time.Sleep(30 * time.Second) // in a bubble
		if why := w.Stuck(); why != "" {
			t.Errorf("stuck after half a minute: %s", why)
		}
		time.Sleep(time.Minute) // in a bubble
		if w.Stuck() == "" {
			t.Error("the loop is stuck, and does not say so")
		}
		close(hold)
		time.Sleep(time.Minute)          // in a bubble
		if why := w.Stuck(); why != "" { // though the service is down
			t.Errorf("still stuck: %s", why)
		}
		cancel()
		done.Wait()
	})
}

func TestALaunchThatNeverEndsIsSeen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(repos(time.Minute, "a"), 3*time.Hour, well)
		w := New(s.config)
		ctx, cancel := context.WithCancel(t.Context())
		var done sync.WaitGroup
		done.Go(func() { _ = w.Run(ctx) })
		time.Sleep(2 * time.Hour) // in a bubble
		if why := w.Stuck(); !strings.Contains(why, "one a has not ended for 2h0m0s") {
			t.Errorf("stuck: %q", why)
		}
		cancel()
		done.Wait()
	})
}
