package launchtest

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// clock keeps the time of a launch's stages, and ends the launch when one of
// them, or a silence, is longer than it may.
type clock struct {
	opts   *Options
	launch *Launch
	cancel context.CancelCauseFunc
	began  time.Time // by Options.Now

	mu       sync.Mutex // for what follows, which others look at
	spawning bool       // a server may come up that is not known yet
	ended    time.Time  // when the launch was ended from here; zero if it was not
	stage    *time.Timer
	quiet    *time.Timer
}

// lateError is the cause of an end by the clock.
type lateError struct {
	stage  Stage
	after  time.Duration
	silent bool // it is not the stage that is long, but nothing was heard
	whole  bool // it is the launch that is long
}

func (e *lateError) Error() string {
	switch {
	case e.silent:
		return fmt.Sprintf("nothing was heard of it for %s", e.after)
	case e.whole:
		return fmt.Sprintf("the launch took longer than %s", e.after)
	default:
		return fmt.Sprintf("%s took longer than %s", e.stage, e.after)
	}
}

// now is the time, counted from the beginning: the machine's clock may be set
// meanwhile, which says nothing of how long a launch takes.
func (c *clock) now() time.Time {
	return c.began.UTC().Truncate(time.Millisecond).Add(c.opts.Now().Sub(c.began).Truncate(time.Millisecond))
}

// enter begins a stage, unless the launch is in it already.
func (c *clock) enter(stage Stage) { c.enterAt(stage, c.now()) }

// enterAt is enter for a stage that began at a time, of which the news has come
// since.
func (c *clock) enterAt(stage Stage, at time.Time) {
	if spans := c.launch.Spans; len(spans) > 0 && spans[len(spans)-1].Stage == stage {
		return
	}
	c.leave(at)
	c.launch.Spans = append(c.launch.Spans, Span{Stage: stage, Began: at})
	c.limit(stage, at)
	c.tell(Moment{})
}

// leave ends the stage that the launch is in.
func (c *clock) leave(at time.Time) {
	if n := len(c.launch.Spans); n > 0 && c.launch.Spans[n-1].Ended.IsZero() {
		span := &c.launch.Spans[n-1]
		span.Ended = at
		span.Seconds = span.Took(at).Seconds()
	}
}

// tell tells whoever listens of a moment in the present stage.
func (c *clock) tell(moment Moment) {
	if c.opts.Tell == nil {
		return
	}
	span := c.launch.Spans[len(c.launch.Spans)-1]
	moment.Stage, moment.Since = span.Stage, span.Began
	c.opts.Tell(moment)
}

// limit sets the timer of a stage that began at a time, in place of the last one's.
func (c *clock) limit(stage Stage, began time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spawning = stage.spawning()
	if c.stage != nil {
		c.stage.Stop()
		c.stage = nil
	}
	if most := c.opts.limit(stage); most > 0 {
		c.stage = time.AfterFunc(most-c.now().Sub(began), func() { c.cancel(&lateError{stage: stage, after: most}) })
	}
}

// end notes that the launch is ended from here.
func (c *clock) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = c.now()
}

// broke is when the launch broke: now, unless it was ended before.
func (c *clock) broke() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended.IsZero() {
		return c.now()
	}
	return c.ended
}

// isSpawning reports whether a server may come up that is not known yet.
func (c *clock) isSpawning() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spawning
}

// spawns notes that a server may come up after all, though the launch was ended
// before anybody knew.
func (c *clock) spawns() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spawning = true
}

// listen begins to wait for signs of life, and alive notes one.
func (c *clock) listen(most time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quiet = time.AfterFunc(most, func() { c.cancel(&lateError{after: most, silent: true}) })
}

func (c *clock) alive(most time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.quiet != nil {
		c.quiet.Reset(most)
	}
}

// deaf stops waiting for signs of life.
func (c *clock) deaf() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.quiet != nil {
		c.quiet.Stop()
		c.quiet = nil
	}
}

// stop ends the last stage and stops all timers.
func (c *clock) stop() {
	c.deaf()
	c.leave(c.now())
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stage != nil {
		c.stage.Stop()
		c.stage = nil
	}
}
