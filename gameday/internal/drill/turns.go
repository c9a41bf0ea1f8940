package drill

import (
	"slices"
	"strings"

	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// Turn is a change that the operator made.
type Turn struct {
	Seconds float64 `json:"seconds"`
	Command string  `json:"command"`
	Says    string  `json:"says,omitempty"`
}

// judge takes a change for right, wrong or neither. What is right in one way is
// right, though it be wrong in general.
func (s *Score) judge(d *scenario.Drill, c Change) {
	turn := Turn{Seconds: *s.since(c.At), Command: strings.Join(append([]string{c.Command}, nodesOf(c)...), " ")}
	isKind := func(kind scenario.Change) bool { return is(c, kind) }
	if slices.ContainsFunc(d.Mends, isKind) {
		if s.FoundSeconds == nil {
			s.FoundSeconds = s.since(c.At)
		}
		s.Mends = append(s.Mends, turn)
		return
	}
	wrong := slices.IndexFunc(d.WrongTurns, isKind)
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

// is says whether a change is of a kind: in its call, and in the nodes it concerns.
func is(c Change, kind scenario.Change) bool {
	other := func(names []string) func(string) bool {
		return func(node string) bool { return !slices.Contains(names, node) }
	}
	if len(kind.Only) > 0 && (len(c.Nodes) == 0 || slices.ContainsFunc(c.Nodes, other(kind.Only))) {
		return false
	}
	if len(kind.Except) > 0 && !slices.ContainsFunc(c.Nodes, other(kind.Except)) {
		return false
	}
	return called(strings.Fields(c.Command), strings.Fields(kind.Command))
}

// called says whether a call begins with the words of a kind and has its flags.
func called(call, kind []string) bool {
	for i, word := range kind {
		if strings.HasPrefix(word, "--") {
			if !flagged(call, word) {
				return false
			}
		} else if i >= len(call) || call[i] != word {
			return false
		}
	}
	return true
}

// flagged says whether a call has a flag: with its value, if there is one.
func flagged(call []string, flag string) bool {
	valued := strings.Contains(flag, "=")
	return slices.ContainsFunc(call, func(word string) bool {
		return word == flag || !valued && strings.HasPrefix(word, flag+"=")
	})
}
