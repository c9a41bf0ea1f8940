package drill

import (
	"slices"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// Played is all that is known of a drill.
type Played struct {
	Drill    *scenario.Drill
	Events   []Event
	Changes  []Change  // by binderctl's journal
	Requests []Request // by the API server's audit log
	Now      time.Time
}

// Score is how the operator did. Times are seconds since the pager went; those of
// what has not happened are absent.
type Score struct {
	Began        time.Time `json:"began"`
	Over         bool      `json:"over"`   // the conditions of recovery hold
	GaveUp       bool      `json:"gaveUp"` // the operator had it told before
	CameBack     int       `json:"cameBack"`
	LookSeconds  *float64  `json:"firstLookSeconds,omitempty"`
	ShownSeconds *float64  `json:"evidenceSeconds,omitempty"`  // looked where it shows
	Evidence     string    `json:"evidence,omitempty"`         // and where that was
	FoundSeconds *float64  `json:"diagnosedSeconds,omitempty"` // the first right mend was begun
	OverSeconds  *float64  `json:"mendedSeconds,omitempty"`    // for good
	PlayedFor    float64   `json:"playedSeconds"`
	Sessions     int       `json:"sessionsEnded"` // by the operator
	Needless     int       `json:"sessionsEndedNeedlessly"`
	Mends        []Turn    `json:"mends"`
	WrongTurns   []Turn    `json:"wrongTurns"`
	OtherTurns   []Turn    `json:"otherChanges"` // neither right nor wrong
	Around       int       `json:"changesAroundBinderctl"`
	Unjournaled  int       `json:"changesNotInJournal"` // by binderctl, where the journal has none at all
	Par          Par       `json:"par"`
	Points       int       `json:"points"`
	Lost         []Loss    `json:"pointsLost"`
}

// Par is the runbook's own run.
type Par struct {
	Runbook   string `json:"runbook"`
	Diagnosed int    `json:"diagnosedSeconds"`
	Seconds   int    `json:"mendedSeconds"`
	Sessions  int    `json:"sessionsEnded"`
}

// Rate scores a drill, as it was when the operator was told what it was.
func Rate(p Played) Score {
	p = p.untilTold()
	par := p.Drill.Par
	s := Score{
		Mends: []Turn{}, WrongTurns: []Turn{}, OtherTurns: []Turn{},
		Par: Par{Runbook: p.Drill.Runbook, Diagnosed: par.Diagnosed, Seconds: par.Seconds, Sessions: par.Sessions},
	}
	s.follow(p)
	for _, change := range p.Changes {
		s.judge(p.Drill, change)
	}
	s.heed(p)
	s.Sessions = ended(p)
	s.Needless = max(0, s.Sessions-s.Par.Sessions)
	s.rate()
	return s
}

// untilTold leaves out what came after the operator was told what it was: whoever
// knows that may try what they like. The end of a session may be noticed a little
// later than what ended it.
func (p Played) untilTold() Played {
	at := slices.IndexFunc(p.Events, Event.tells)
	if at < 0 {
		return p
	}
	end := p.Events[at].At
	p.Now = end
	p.Events = slices.DeleteFunc(slices.Clone(p.Events), func(e Event) bool { return e.Event != Ended && e.At.After(end) })
	p.Changes = slices.DeleteFunc(slices.Clone(p.Changes), func(c Change) bool { return c.At.After(end) })
	p.Requests = slices.DeleteFunc(slices.Clone(p.Requests), func(r Request) bool { return r.At.After(end) })
	return p
}

// follow goes through what became of the drill.
func (s *Score) follow(p Played) {
	for _, e := range p.Events {
		switch e.Event {
		case Began:
			s.Began = e.At
		case Recovered:
			if !s.Over {
				s.OverSeconds = s.since(e.At)
			}
			s.Over = true
		case Relapsed:
			if s.Over {
				s.CameBack++
			}
			s.Over, s.OverSeconds = false, nil
		case GaveUp:
			s.GaveUp = s.GaveUp || !s.Over
		}
	}
	s.PlayedFor = *s.since(p.Now)
	if s.OverSeconds != nil {
		s.PlayedFor = *s.OverSeconds
	}
}

// since is how many seconds after the pager something was.
func (s *Score) since(at time.Time) *float64 {
	return new(at.Sub(s.Began).Round(100 * time.Millisecond).Seconds())
}
