package drill

import (
	"slices"
	"strings"

	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// heed goes through what the operator asked of the API server: where they looked,
// and what they changed that no journal tells.
func (s *Score) heed(p Played) {
	for _, r := range p.Requests {
		switch {
		case r.reads():
			s.look(p.Drill.Diagnosis, r)
		case !r.Worked:
		case !r.byBinderctl():
			s.Around++
		case len(p.Changes) == 0 && r.isJournaled():
			s.Unjournaled++
		}
	}
}

// look notes the first look, and the first where the fault shows.
func (s *Score) look(signs []scenario.Sign, r Request) {
	if s.LookSeconds == nil {
		s.LookSeconds = s.since(r.At)
	}
	at := slices.IndexFunc(signs, func(sign scenario.Sign) bool { return shows(r, sign) })
	if at >= 0 && s.ShownSeconds == nil {
		s.ShownSeconds, s.Evidence = s.since(r.At), signs[at].Says
	}
}

// shows says whether a request asks for a sign.
func shows(r Request, sign scenario.Sign) bool {
	return r.Resource == sign.Resource && strings.HasPrefix(r.Name, sign.Name) && (!sign.AllNamespaces || r.Namespace == "" && r.Name == "")
}
