// Package watch makes test launches for ever and says when that changes what is
// known of a service: it fails, it refuses, it is well again.
//
// What it decides (when to launch, when to hold back, when to alert) is decided
// by plain values that are told the time: rule, brake, schedule. One goroutine,
// [Watcher.Run], owns them and does nothing that may take long. Launches have
// goroutines of their own, and so have those who are alerted ([Courier]): a
// webhook that hangs holds nothing up.
package watch

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/binderctl/binderctl/pkg/launchtest"
)

const (
	// heartbeat is how often the loop comes round at least, for reminders, and so
	// that one can see that it does.
	heartbeat = 10 * time.Second
	// stuckAfter is how long the loop may not have come round: some heartbeats.
	stuckAfter = time.Minute
)

// Config says what is watched and how.
type Config struct {
	Targets []Target
	Rule    Rule
	Pace    Pace
	// AtOnce is how many launches there may be at once. Of one target there is
	// never more than one.
	AtOnce int
	// Launch makes a launch. It returns also when ctx ends, with everything ended
	// that it began.
	Launch func(ctx context.Context, target Target) launchtest.Launch
	// LaunchLimit is how long Launch may take before the watcher is taken for
	// stuck; 0 is for ever.
	LaunchLimit time.Duration
	// Seen is told of each launch, never of two at once. If it fails, the watch
	// ends.
	Seen func(Report) error
	// Alert passes an alert on. It does not wait until it has arrived.
	Alert   func(Alert)
	Metrics *Metrics
	Now     func() time.Time
	Random  func() float64 // from 0 up to 1
}

// Report is one launch of a target and what is known of the target since.
type Report struct {
	Target Target    `json:"target"`
	State  State     `json:"state"`
	Since  time.Time `json:"stateSince"`
	Next   time.Time `json:"nextAt"` // not before that the target is launched again
	// Refusals is how often in a row the service has refused to launch.
	Refusals int               `json:"refusals"`
	Events   []Event           `json:"events"` // what was alerted
	Launch   launchtest.Launch `json:"launch"`
}

// Watcher makes test launches for ever.
type Watcher struct {
	config   Config
	schedule *schedule

	mu      sync.Mutex // for what follows, which Stuck reads
	round   time.Time  // when the loop came round last
	running map[int]time.Time
}

// New prepares a watch.
func New(config Config) *Watcher {
	w := &Watcher{config: config, running: map[int]time.Time{}}
	w.schedule = newSchedule(config, config.Now())
	config.Metrics.start(config.Targets, config.Now())
	for i := range config.Targets {
		w.measure(i)
	}
	return w
}

// ended is a launch that has ended.
type ended struct {
	at     int
	launch launchtest.Launch
}

// Run launches until ctx ends. Then no launch begins any more, and those under
// way are ended; it returns when the last of them is.
func (w *Watcher) Run(ctx context.Context) error {
	launches, stop := context.WithCancel(ctx)
	defer stop()
	var failed error
	done := make(chan ended)
	for {
		now := w.beat()
		if launches.Err() == nil {
			w.begin(launches, now, done)
			w.remind(now)
		} else if w.schedule.running == 0 {
			return failed
		}
		stopped, rest := launches.Done(), w.wait(now)
		if launches.Err() != nil { // what comes due is not launched any more
			stopped, rest = nil, heartbeat
		}
		timer := time.NewTimer(rest)
		select {
		case end := <-done:
			if err := w.end(end); err != nil && failed == nil {
				failed = err
				stop()
			}
		case <-timer.C:
		case <-stopped:
		}
		timer.Stop()
	}
}

// wait is how long there is nothing to do, if nothing happens.
func (w *Watcher) wait(now time.Time) time.Duration {
	next, ok := w.schedule.wake()
	if !ok {
		return heartbeat
	}
	return min(max(next.Sub(now), time.Millisecond), heartbeat)
}

// begin makes the launches that are due.
func (w *Watcher) begin(ctx context.Context, now time.Time, done chan<- ended) {
	for {
		i, ok := w.schedule.next(now)
		if !ok {
			return
		}
		w.schedule.begin(i, now)
		w.note(i, now)
		w.measure(i)
		target := w.config.Targets[i]
		go func() { done <- ended{i, w.config.Launch(ctx, target)} }()
	}
}

// end takes in what came of a launch.
func (w *Watcher) end(e ended) error {
	now := w.config.Now()
	w.note(e.at, time.Time{})
	news := w.schedule.end(e.at, now, e.launch)
	w.config.Metrics.launch(w.config.Targets[e.at], e.launch)
	for i := range w.config.Targets { // a refusal is about others too
		w.measure(i)
	}
	report := Report{
		Target: w.config.Targets[e.at], State: w.schedule.state(e.at), Since: toSecond(w.schedule.since(e.at)),
		Next: toSecond(w.schedule.ready(e.at)), Refusals: w.schedule.refusals(e.at), Events: []Event{}, Launch: e.launch,
	}
	for _, event := range news {
		report.Events = append(report.Events, event)
		w.alert(e.at, event, false, now)
	}
	return w.config.Seen(report)
}

// toSecond is a time as people and programs are told of it.
func toSecond(at time.Time) time.Time { return at.UTC().Truncate(time.Second) }

// remind alerts again of what still goes on.
func (w *Watcher) remind(now time.Time) {
	for i := range w.config.Targets {
		if event, ok := w.schedule.remind(i, now); ok {
			w.alert(i, event, true, now)
		}
	}
}

func (w *Watcher) alert(i int, event Event, reminder bool, now time.Time) {
	w.config.Alert(w.schedule.alert(i, event, reminder, now))
}

// measure tells the metrics what is known of a target.
func (w *Watcher) measure(i int) {
	e := w.schedule.entries[i]
	w.config.Metrics.target(w.config.Targets[i], w.schedule.state(i), e.running, w.schedule.refusals(i), w.schedule.ready(i))
}

// beat notes that the loop has come round, and returns when.
func (w *Watcher) beat() time.Time {
	now := w.config.Now()
	w.config.Metrics.beat(now)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.round = now
	return now
}

// note notes since when a launch of a target is under way; zero is not.
func (w *Watcher) note(i int, began time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if began.IsZero() {
		delete(w.running, i)
		return
	}
	w.running[i] = began
}

// Stuck says why the watcher itself does not do its work, or "". How the service
// is makes no difference.
func (w *Watcher) Stuck() string {
	now := w.config.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	switch silent := now.Sub(w.round); {
	case w.round.IsZero():
		return "the watch has not begun"
	case silent > stuckAfter:
		return fmt.Sprintf("the loop has not come round for %s", silent.Round(time.Second))
	}
	for i, target := range w.config.Targets {
		began, under := w.running[i]
		if took := now.Sub(began); under && w.config.LaunchLimit > 0 && took > w.config.LaunchLimit {
			return fmt.Sprintf("a launch of %s has not ended for %s", target, took.Round(time.Second))
		}
	}
	return ""
}
