package hublog

import "time"

// Reflector is the life of one of KubeSpawner's reflectors, by which it sees its
// pods and their events. It has one of each; only that of the pods matters to
// whether servers start and end.
type Reflector struct {
	Kind    string    `json:"kind"`                 // pods or events
	Died    time.Time `json:"diedAt,omitzero"`      // for the last time; zero if it never did
	Revived time.Time `json:"restartedAt,omitzero"` // likewise
	Errors  int       `json:"errors"`               // how often its watch failed; those of nobody's name count for the pods
	// Dead reports whether it is dead at the end of the log: nothing has revived it
	// since, and no server has started since, which it would have had to see.
	Dead bool `json:"dead"`
}

// revive notes that it watches again.
func (r *Reflector) revive(at time.Time) { r.Revived, r.Dead = at, false }

// sawStart notes that a server has started: somebody saw its pod. One that
// started in the same moment may have been seen before.
func (r *Reflector) sawStart(at time.Time) {
	if r.Dead && at.After(r.Died) {
		r.Dead = false
	}
}

// died notes a death. KubeSpawner does not say whose it is: the first is taken
// for that of the pods' reflector, the graver one, and the second for the other's.
func (f *facts) died(kind string, at time.Time) {
	r := f.reflector(kind)
	if kind != f.events.Kind && kind != f.pods.Kind && f.pods.Dead {
		r = &f.events
	}
	r.Died, r.Dead = at, true
}

func (f *facts) reflector(kind string) *Reflector {
	if kind == f.events.Kind {
		return &f.events
	}
	return &f.pods
}
