package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/gameday/internal/drill"
)

// result is what drill score says. Until the drill is over it does not tell how
// the operator does: that would tell what it is.
type result struct {
	Over          bool         `json:"over"`
	PlayedSeconds float64      `json:"playedSeconds"`
	Journal       string       `json:"journal"` // binderctl's, that was read
	Score         *drill.Score `json:"score,omitempty"`
	Incident      *incident    `json:"incident,omitempty"`
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
nothing is told. Once it is told, the score stays as it is, whatever you try then.

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
	told := score.Over || score.GaveUp
	if !told {
		if err := a.mayEnd(p); err != nil {
			return err
		}
	}
	seen := result{Over: score.Over, PlayedSeconds: score.PlayedFor, Journal: journal}
	if told {
		seen.Score, seen.Incident = &score, p.incident()
		if err := p.log.Add(drill.Event{At: a.now(), Event: drill.Revealed}); err != nil {
			return err
		}
	}
	return a.answer(output, seen, func() error { return a.printScore(&seen) }, score.Over)
}

// mayEnd is an error where a drill that is not over never will be.
func (a *app) mayEnd(p *drilled) error {
	_, err := running(p.dir)
	if errors.Is(err, errNone) {
		which := a.which(a.dayName())
		return fmt.Errorf("score drill: its game day ended before it was over; to be told what it was: gameday drill give-up %[1]s; to remove it: gameday down %[1]s", which)
	}
	return err
}

func (a *app) newDrillGiveUp() *cobra.Command {
	return &cobra.Command{
		Use:   "give-up",
		Short: "Be told what a drill is, and which runbook mends it",
		Long: `Be told what a drill is, and which runbook mends it.

The game day goes on, so that you can try the runbook. If the drill was not over,
there are no points; the score stays as it was then.`,
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
