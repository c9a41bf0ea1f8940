package drill

import "fmt"

// How many points there are, and for what they are lost. They are to tell one
// drill from the next, and no more than that: of the same incident, more is better.
const (
	full         = 100
	perWrongTurn = 15
	perSession   = 1 // needlessly ended
	atMostFor    = 40
	grace        = 600 // seconds more than the runbook takes, to read and think: free
	perMinute    = 1   // beyond that
	slowAtMost   = 30
	relapse      = 20
	told         = full // nothing is left to who had it told
)

// Loss is for what points were lost.
type Loss struct {
	Points int    `json:"points"`
	For    string `json:"for"`
}

// rate counts the points.
func (s *Score) rate() {
	s.Points, s.Lost = full, []Loss{}
	if s.GaveUp {
		s.lose(told, "the incident was told before it was over")
		return
	}
	if turns := len(s.WrongTurns); turns > 0 {
		s.lose(turns*perWrongTurn, fmt.Sprintf("wrong turns: %d", turns))
	}
	if s.Needless > 0 {
		s.lose(min(s.Needless*perSession, atMostFor), fmt.Sprintf("sessions ended needlessly: %d", s.Needless))
	}
	if late := int(s.PlayedFor) - s.Par.Seconds - grace; late >= 60 {
		s.lose(min(late/60*perMinute, slowAtMost), fmt.Sprintf("minutes beyond the runbook's time and ten: %d", late/60))
	}
	if s.CameBack > 0 {
		s.lose(relapse, "it came back")
	}
}

// lose takes points away, as far as there are any.
func (s *Score) lose(points int, why string) {
	points = min(points, s.Points)
	s.Points -= points
	s.Lost = append(s.Lost, Loss{points, why})
}
