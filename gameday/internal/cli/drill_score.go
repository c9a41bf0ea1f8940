package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/gameday/internal/drill"
	"github.com/binderctl/binderctl/gameday/internal/scenario"
	"github.com/binderctl/binderctl/gameday/internal/state"
)

// result is what drill score says. Until the drill is over it does not tell how
// the operator does: that would tell what it is.
type result struct {
	Over          bool         `json:"over"`
	PlayedSeconds float64      `json:"playedSeconds"`
	Score         *drill.Score `json:"score,omitempty"`
	Incident      *incident    `json:"incident,omitempty"`
}

// incident is what a drill was.
type incident struct {
	Scenario    string `json:"scenario"`
	Title       string `json:"title"`
	Date        string `json:"date"` // of the report
	Description string `json:"description"`
	Runbook     string `json:"runbook"`
}

// played is a drill that was found.
type played struct {
	dir      state.Dir
	log      drill.Log
	events   []drill.Event
	began    drill.Event
	scenario *scenario.Scenario
}

func (a *app) newDrillScore() *cobra.Command {
	var output, journal string
	command := &cobra.Command{
		Use:   "score",
		Short: "Say how a drill went, and what it was",
		Long: `Say how a drill went, and what it was.

What you changed is read from binderctl's journal, what you looked at and which
pods you deleted from the API server's audit log, and when it was over from the
drill's own watcher, which looks every two seconds. As long as it is not over,
nothing is told.

Exits with 0 when it is over, and with 3 when it is not.`,
		Example: "  gameday drill score\n  gameday drill score -o json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return a.drillScore(cmp.Or(journal, drill.JournalPath(os.Getenv)), output)
		},
	}
	command.Flags().StringVar(&journal, "journal", "", "binderctl's journal (default: $XDG_STATE_HOME/binderctl/journal.ndjson)")
	command.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return command
}

func (a *app) drillScore(journal, output string) error {
	if output != "text" && output != "json" {
		return fmt.Errorf("score drill: there is no output %q; there are text and json", output)
	}
	p, err := a.findDrill()
	if err != nil {
		return err
	}
	score, err := p.rate(journal, a.now())
	if err != nil {
		return err
	}
	seen := result{Over: score.Over, PlayedSeconds: score.PlayedFor}
	if score.Over || score.GaveUp {
		seen.Score, seen.Incident = &score, p.incident()
		if err := p.log.Add(drill.Event{At: a.now(), Event: drill.Revealed}); err != nil {
			return err
		}
	}
	return a.answer(output, seen, func() error { return a.printScore(seen) }, score.Over)
}

func (a *app) newDrillGiveUp() *cobra.Command {
	return &cobra.Command{
		Use:   "give-up",
		Short: "Be told what a drill is, and mend it with its runbook",
		Long: `Be told what a drill is, and which runbook mends it.

The game day goes on, so that you can try the runbook. There are no points any
more.`,
		Example: "  gameday drill give-up",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			p, err := a.findDrill()
			if err != nil {
				return err
			}
			if err := p.log.Add(drill.Event{At: a.now(), Event: drill.GaveUp}); err != nil {
				return err
			}
			return a.printIncident(p.incident())
		},
	}
}

// findDrill finds the drill that is meant.
func (a *app) findDrill() (*played, error) {
	a.nameDrill()
	dir, err := a.find()
	if err != nil {
		return nil, err
	}
	p := &played{dir: dir, log: drill.Log(dir.Drill())}
	if p.events, err = p.log.Read(); err != nil {
		return nil, err
	}
	began := slices.IndexFunc(p.events, func(e drill.Event) bool { return e.Event == drill.Began })
	if began < 0 {
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
func (p *played) rate(journal string, now time.Time) (drill.Score, error) {
	changes, errChanges := drill.ReadJournalFile(journal, p.began.Server, p.began.At)
	requests, errRequests := drill.ReadAuditFile(p.dir.Audit(), p.began.At)
	if err := errors.Join(errChanges, errRequests); err != nil {
		return drill.Score{}, err
	}
	return drill.Rate(drill.Played{
		Drill: p.scenario.Drill, Events: p.events, Changes: changes, Requests: requests, Now: now,
	}), nil
}

func (p *played) incident() *incident {
	return &incident{
		Scenario: p.began.Scenario, Title: p.scenario.Title, Date: p.scenario.Incident,
		Description: p.scenario.Description, Runbook: p.scenario.Drill.Runbook,
	}
}
