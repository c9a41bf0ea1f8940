package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/drill"
	"github.com/binderctl/binderctl/gameday/internal/scenario"
	"github.com/binderctl/binderctl/gameday/internal/state"
)

// incident is what a drill was.
type incident struct {
	Scenario    string `json:"scenario"`
	Title       string `json:"title"`
	Date        string `json:"date"` // of the report
	Description string `json:"description"`
	Runbook     string `json:"runbook"`
}

// drilled is a drill that was found.
type drilled struct {
	dir      state.Dir
	log      drill.Log
	events   []drill.Event
	began    drill.Event
	scenario *scenario.Scenario
}

// findDrill finds the drill that is meant.
func (a *app) findDrill() (*drilled, error) {
	a.nameDrill()
	dir, err := a.find()
	if err != nil {
		return nil, err
	}
	p := &drilled{dir: dir, log: drill.Log(dir.Drill())}
	if p.events, err = p.log.Read(); err != nil {
		return nil, err
	}
	began := slices.IndexFunc(p.events, func(e drill.Event) bool { return e.Event == drill.Began })
	switch {
	case began < 0 && len(p.events) > 0:
		return nil, fmt.Errorf("find drill: that in %s was stopped before it began; end it with: gameday down %s", dir, a.which(a.dayName()))
	case began < 0:
		return nil, fmt.Errorf("find drill: there is none in %s; begin one with: gameday drill any", dir)
	}
	p.began = p.events[began]
	content, err := os.ReadFile(dir.Scenario())
	if err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	p.scenario, err = scenario.Decode(filepath.Base(dir.Scenario()), content)
	return p, err
}

// rate scores the drill.
func (p *drilled) rate(journal string, now time.Time) (drill.Score, error) {
	changes, errChanges := drill.ReadJournalFile(journal, p.began.Server, p.began.At)
	requests, errRequests := drill.ReadAuditFile(p.dir.Audit(), p.began.At)
	if err := errors.Join(errChanges, errRequests); err != nil {
		return drill.Score{}, err
	}
	return drill.Rate(drill.Played{
		Drill: p.scenario.Drill, Events: p.events, Changes: changes, Requests: requests, Now: now,
	}), nil
}

func (p *drilled) incident() *incident {
	return &incident{
		Scenario: p.began.Scenario, Title: p.scenario.Title, Date: p.scenario.Incident,
		Description: p.scenario.Description, Runbook: p.scenario.Drill.Runbook,
	}
}

// nameDrill has the commands mean the game day of the drill, unless another is
// named.
func (a *app) nameDrill() {
	if a.name == "" && a.dir == "" {
		a.name = drillName
	}
}

// dayName is the name of the drill's game day.
func (a *app) dayName() string {
	if a.name == "" {
		return drillName
	}
	return a.name
}
