// Package drill plays an incident as a drill: it notes what becomes of it while
// the operator works, and scores the operator afterwards.
package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// The events of a drill.
const (
	Watching  = "watching"  // the watcher has seen who is there
	Began     = "began"     // the pager went
	Ended     = "session"   // somebody's session ended
	Recovered = "recovered" // all of the scenario's conditions hold
	Relapsed  = "relapsed"  // one of them does not any more
	GaveUp    = "gave-up"   // the operator was told what it is
	Revealed  = "revealed"  // it was over, and the operator was told what it was and scored
)

// Event is a line of a drill's log.
type Event struct {
	At       time.Time `json:"at"`
	Event    string    `json:"event"`
	Scenario string    `json:"scenario,omitempty"` // of began
	Server   string    `json:"server,omitempty"`   // of began: the API server's address
	Pod      string    `json:"pod,omitempty"`      // of session
}

// tells says whether the operator was told what it was.
func (e Event) tells() bool { return e.Event == GaveUp || e.Event == Revealed }

// Log is a drill's log: a file of one JSON object a line.
type Log string

// Add adds an event, in one call, as several programs do.
func (l Log) Add(e Event) error {
	e.At = e.At.UTC()
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write drill's log: %w", err)
	}
	file, err := os.OpenFile(string(l), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write drill's log: %w", err)
	}
	_, err = file.Write(append(line, '\n'))
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write drill's log: %w", err)
	}
	return nil
}

// Read reads all events. A game day that is no drill has none.
func (l Log) Read() ([]Event, error) {
	file, err := os.Open(string(l))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read drill's log: %w", err)
	}
	defer file.Close()
	var events []Event
	for e, err := range lines[Event](file) {
		if err != nil {
			return nil, fmt.Errorf("read drill's log: %w", err)
		}
		events = append(events, e)
	}
	return events, nil
}

// Await waits until the watcher watches: what is done before would not be noticed.
func (l Log) Await(ctx context.Context) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		events, err := l.Read()
		if err != nil || len(events) > 0 {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for the drill's watcher: %w", ctx.Err())
		}
	}
}

// State is how far a drill is.
type State struct {
	Hidden bool // the fault is still to be found
	Over   bool // all conditions of recovery hold, as far as the watcher has seen
}

// State reads how far a drill is. A game day that is none hides nothing.
func (l Log) State() (State, error) {
	events, err := l.Read()
	state := State{Hidden: len(events) > 0}
	for _, e := range events {
		state.Hidden = state.Hidden && !e.tells()
		switch e.Event {
		case Recovered:
			state.Over = true
		case Relapsed:
			state.Over = false
		}
	}
	return state, err
}
