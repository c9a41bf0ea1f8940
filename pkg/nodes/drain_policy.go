package nodes

import (
	"encoding/json"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Span is a time that is seconds in JSON.
type Span time.Duration

// MarshalJSON writes whole seconds.
func (s Span) MarshalJSON() ([]byte, error) {
	return json.Marshal(int64(time.Duration(s) / time.Second))
}

// UsersPolicy is what a drain does about users' servers and image builds.
type UsersPolicy string

// What can be done about users and builds.
const (
	UsersWait     UsersPolicy = "wait"     // they are left to finish
	UsersEvict    UsersPolicy = "evict"    // they are cut off
	UsersDeadline UsersPolicy = "deadline" // they are left to finish until a deadline, and then cut off
)

// DrainPolicy says which pods a drain may move, and what is left alone.
type DrainPolicy struct {
	Users UsersPolicy `json:"users"`
	// Deadline is when those who remain are cut off; only for UsersDeadline.
	Deadline time.Time `json:"deadlineAt,omitzero"`
	// MaxAge is how old a session or a build gets before the Hub ends it.
	MaxAge Span `json:"maxAgeSeconds"`
	// Force also takes pods that nothing would make again and, on nodes whose
	// kubelets are silent, removes the records of the pods that were evicted.
	Force bool `json:"force"`
	// EmptyDir also takes pods with files of their own on the node.
	EmptyDir bool `json:"deleteEmptyDirData"`
	// NoRoom also drains the last nodes of a pool.
	NoRoom bool `json:"allowNoRoom"`
	// For is the purpose that is noted on the nodes, with Reason.
	For Purpose `json:"for"`
}

// DefaultMaxAge is after what time mybinder's culler ends a session, however
// busy it is (jupyterhub.cull.maxAge; z2jh itself sets no limit).
const DefaultMaxAge = 6 * time.Hour

// buildMaxAge is after what time BinderHub ends a build (build_max_age, by
// default).
const buildMaxAge = 4 * time.Hour

// endsBy is when a session or a build should have ended by itself.
func endsBy(kind cluster.Kind, created time.Time, maxAge time.Duration) time.Time {
	if kind == cluster.Build {
		maxAge = min(maxAge, buildMaxAge)
	}
	return created.Add(maxAge).UTC()
}

// EndsBy is when a user's session or a build should have ended by itself.
func (p DrainPolicy) EndsBy(t Tenant) time.Time {
	ends := endsBy(t.Kind, t.Created, time.Duration(p.MaxAge))
	if p.Users == UsersDeadline && p.Deadline.Before(ends) {
		return p.Deadline
	}
	return ends
}

// cutsOff reports whether a pod is ended for good, at once or at the deadline.
func (p DrainPolicy) cutsOff(t Tenant) bool {
	return t.Verdict == Ends || t.Verdict == Waits && p.Users == UsersDeadline
}

// Verdict is what a drain does about one pod.
type Verdict string

// The verdicts.
const (
	Moves   Verdict = "moves"   // it is evicted; what made it makes another elsewhere
	Ends    Verdict = "ends"    // it is evicted, and nothing makes another
	Waits   Verdict = "waits"   // a user or a build: left to finish
	Keeps   Verdict = "stays"   // it belongs to its node
	Clears  Verdict = "goes"    // it has finished, or is terminating already
	Refuses Verdict = "refuses" // it may not be evicted without a flag
)

// Verdicts lists the verdicts, those that need a decision first.
func Verdicts() []Verdict { return []Verdict{Refuses, Ends, Moves, Clears, Waits, Keeps} }
