package runbook

import "time"

// State is how far a walk has come: enough to leave it and go on later. What a
// look saw before a change was made it would not see again, so what later steps
// need of it is kept; looks after the last change are taken again.
type State struct {
	Book      string               `json:"runbook"`
	Began     time.Time            `json:"beganAt"`
	Held      time.Time            `json:"heldSince"` // by the program that walks now
	Context   string               `json:"context"`
	Server    string               `json:"server"`
	Namespace string               `json:"namespace"`
	Looked    map[string]time.Time `json:"looked"` // looks, by step
	Begun     map[string]time.Time `json:"begun"`  // mends whose end was not seen, by step
	Done      map[string]time.Time `json:"done"`   // mends, by step
	Seen      map[string]bool      `json:"seen"`   // which needs of later steps held
	Captured  Values               `json:"captured"`
	Ended     bool                 `json:"ended"` // there is nothing to go on with
}

// prepare makes a state one can add to.
func (s *State) prepare() {
	if s.Looked == nil {
		s.Looked = map[string]time.Time{}
	}
	if s.Begun == nil {
		s.Begun = map[string]time.Time{}
	}
	if s.Done == nil {
		s.Done = map[string]time.Time{}
	}
	if s.Seen == nil {
		s.Seen = map[string]bool{}
	}
	if s.Captured == nil {
		s.Captured = Values{}
	}
}

// Latest is when the walk last came to something.
func (s State) Latest() time.Time {
	latest := s.Began
	for _, steps := range []map[string]time.Time{s.Looked, s.Begun, s.Done} {
		for _, at := range steps {
			if at.After(latest) {
				latest = at
			}
		}
	}
	return latest
}
