package drill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// play plays what is due of the scenario's timeline, each moment once. One that the
// Hub does not take, as it may be down, is tried again at the next look.
func (w *Watcher) play(ctx context.Context) error {
	if len(w.Scenario.Drill.Timeline) == len(w.played) {
		return nil
	}
	events, err := w.Log.Read()
	if err != nil {
		return err
	}
	var errs []error
	for _, i := range due(w.Scenario.Drill.Timeline, events, w.Now()) {
		if w.played[i] {
			continue
		}
		moment := w.Scenario.Drill.Timeline[i]
		if err := w.Hub.Switch(ctx, moment.Fault, !moment.Ends); err != nil {
			errs = append(errs, fmt.Errorf("play the timeline: %w", err))
			continue
		}
		if w.played == nil {
			w.played = map[int]bool{}
		}
		w.played[i] = true
	}
	return errors.Join(errs...)
}

// due are the moments of a timeline that have come. Before the pager goes, none has.
func due(timeline []scenario.Moment, events []Event, now time.Time) []int {
	var come []int
	for _, e := range events {
		if e.Event != Began {
			continue
		}
		for i, moment := range timeline {
			if now.Sub(e.At) >= time.Duration(moment.After) {
				come = append(come, i)
			}
		}
	}
	return come
}
