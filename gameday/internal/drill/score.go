package drill

import (
	"slices"
	"strings"
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
	Over         bool      `json:"over"`    // the conditions of recovery held once
	GaveUp       bool      `json:"gaveUp"`  // the operator had it told before
	Lasting      bool      `json:"lasting"` // they hold still
	LookSeconds  *float64  `json:"firstLookSeconds,omitempty"`
	ShownSeconds *float64  `json:"evidenceSeconds,omitempty"`  // looked where it shows
	Evidence     string    `json:"evidence,omitempty"`         // and where that was
	FoundSeconds *float64  `json:"diagnosedSeconds,omitempty"` // the first right mend was begun
	OverSeconds  *float64  `json:"mendedSeconds,omitempty"`
	PlayedFor    float64   `json:"playedSeconds"`
	Sessions     int       `json:"sessionsEnded"` // by the operator
	Needless     int       `json:"sessionsEndedNeedlessly"`
	Mends        []Turn    `json:"mends"`
	WrongTurns   []Turn    `json:"wrongTurns"`
	OtherTurns   []Turn    `json:"otherChanges"` // neither right nor wrong
	Around       int       `json:"changesAroundBinderctl"`
	Par          Par       `json:"par"`
	Points       int       `json:"points"`
	Lost         []Loss    `json:"pointsLost"`
}

// Par is the runbook's own run.
type Par struct {
	Runbook  string `json:"runbook"`
	Seconds  int    `json:"mendedSeconds"`
	Sessions int    `json:"sessionsEnded"`
}

// Turn is a change that the operator made.
type Turn struct {
	Seconds float64 `json:"seconds"`
	Command string  `json:"command"`
	Says    string  `json:"says,omitempty"`
}

// Rate scores a drill.
func Rate(p Played) Score {
	s := Score{
		Mends: []Turn{}, WrongTurns: []Turn{}, OtherTurns: []Turn{},
		Par: Par{p.Drill.Runbook, p.Drill.Par.Seconds, p.Drill.Par.Sessions},
	}
	s.follow(p)
	for _, change := range p.Changes {
		s.judge(p.Drill, change)
	}
	s.watch(p)
	s.Sessions = ended(p)
	s.Needless = max(0, s.Sessions-s.Par.Sessions)
	s.rate()
	return s
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
			s.Over, s.Lasting = true, true
		case Relapsed:
			s.Lasting = false
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

// judge takes a change for right, wrong or neither. What is right in one way is
// right, though it be wrong in general.
func (s *Score) judge(d *scenario.Drill, c Change) {
	turn := Turn{Seconds: *s.since(c.At), Command: strings.Join(append([]string{c.Command}, nodesOf(c)...), " ")}
	if slices.ContainsFunc(d.Mends, func(kind scenario.Change) bool { return is(c, kind) }) {
		if s.FoundSeconds == nil {
			s.FoundSeconds = s.since(c.At)
		}
		s.Mends = append(s.Mends, turn)
		return
	}
	wrong := slices.IndexFunc(d.WrongTurns, func(kind scenario.Change) bool { return is(c, kind) })
	if wrong < 0 {
		s.OtherTurns = append(s.OtherTurns, turn)
		return
	}
	turn.Says = d.WrongTurns[wrong].Says
	s.WrongTurns = append(s.WrongTurns, turn)
}

// nodesOf are the nodes of a change that its call does not name.
func nodesOf(c Change) []string {
	return slices.DeleteFunc(slices.Clone(c.Nodes), func(node string) bool { return strings.Contains(c.Command, node) })
}

// is says whether a change is of a kind.
func is(c Change, kind scenario.Change) bool {
	call := strings.Fields(c.Command)
	for i, word := range strings.Fields(kind.Command) {
		if flag, value, valued := strings.Cut(word, "="); strings.HasPrefix(word, "--") {
			given := slices.ContainsFunc(call, func(have string) bool {
				return have == word || !valued && strings.HasPrefix(have, flag+"=")
			})
			if !given || valued && value == "" {
				return false
			}
			continue
		}
		if i >= len(call) || call[i] != word {
			return false
		}
	}
	among := func(names []string) func(string) bool {
		return func(node string) bool { return slices.Contains(names, node) }
	}
	if len(kind.Only) > 0 && (len(c.Nodes) == 0 || slices.ContainsFunc(c.Nodes, not(among(kind.Only)))) {
		return false
	}
	return len(kind.Except) == 0 || slices.ContainsFunc(c.Nodes, not(among(kind.Except)))
}

func not(holds func(string) bool) func(string) bool {
	return func(s string) bool { return !holds(s) }
}

// watch goes through what the operator asked of the API server.
func (s *Score) watch(p Played) {
	for _, r := range p.Requests {
		if !r.reads() {
			if !r.byBinderctl() && r.Worked {
				s.Around++
			}
			continue
		}
		if s.LookSeconds == nil {
			s.LookSeconds = s.since(r.At)
		}
		if s.ShownSeconds != nil {
			continue
		}
		if at := slices.IndexFunc(p.Drill.Diagnosis, func(sign scenario.Sign) bool { return shows(r, sign) }); at >= 0 {
			s.ShownSeconds, s.Evidence = s.since(r.At), p.Drill.Diagnosis[at].Says
		}
	}
}

// shows says whether a request asks for a sign.
func shows(r Request, sign scenario.Sign) bool {
	return r.Resource == sign.Resource && strings.HasPrefix(r.Name, sign.Name) && (!sign.AllNamespaces || r.Namespace == "" && r.Name == "")
}

// sweep is how long after a request to end all pods of a namespace a session's end
// is put down to it.
const sweep = time.Minute

// ended counts the sessions that the operator ended: those of pods that the journal
// says were to go, through the Hub for instance, or that the API server was told by
// an operator, with whatever program, to delete or evict. A session is a pod that ran
// and that the Hub knew. Those that users or the Hub ended are not the operator's.
func ended(p Played) int {
	byName := map[string]time.Time{} // when the operator first wanted it to go
	end := func(pod string, at time.Time) {
		if before, known := byName[pod]; !known || at.Before(before) {
			byName[pod] = at
		}
	}
	for _, change := range p.Changes {
		for _, pod := range change.Pods {
			end(pod, change.At)
		}
	}
	var sweeps []time.Time
	for _, r := range p.Requests {
		one, all := r.ends()
		if one {
			end(r.Name, r.At)
		}
		if all {
			sweeps = append(sweeps, r.At)
		}
	}
	count := 0
	for _, e := range p.Events {
		at, named := byName[e.Pod]
		swept := slices.ContainsFunc(sweeps, func(at time.Time) bool { return !e.At.Before(at) && e.At.Sub(at) < sweep })
		if e.Event == Ended && (named && !e.At.Before(at) || swept) {
			count++
		}
	}
	return count
}
