// Package hublog reads the log of a JupyterHub with KubeSpawner in one pass: which
// known signs of trouble are in it, how often, since when, and what each means.
//
// A Hub's log is nearly all requests that went well. Those are told by the name
// of their logger and passed over; the rest is searched for fixed texts first, in
// one walk over the line, and only a line that has one meets an expression. So a
// gigabyte takes seconds, and memory does not grow with it.
//
// What is kept of a line is scrubbed: no token, no address of a client.
package hublog

import "time"

// Clock says by whose clock the times of a log are.
type Clock string

// The clocks there are.
const (
	ServerClock Clock = "server" // each line has the time at which the node took it in
	HubClock    Clock = "hub"    // the Hub's own, which is taken to be UTC
	NoClock     Clock = "none"   // no line says when it was
)

// Log is what was found in a log.
type Log struct {
	Lines   int64     `json:"lines"`
	Bytes   int64     `json:"bytes"`
	First   time.Time `json:"firstAt,omitzero"` // of the lines that have a time; zero if none has
	Last    time.Time `json:"lastAt,omitzero"`
	Clock   Clock     `json:"clock"`
	Version string    `json:"version"` // of JupyterHub; "" unless it started within the log

	// Found are the signatures that occur, the gravest first.
	Found []Seen `json:"signatures"`

	Reflectors []Reflector `json:"reflectors"` // pods, then events
	Starts     Starts      `json:"starts"`
	Spawns     Spawns      `json:"spawns"`
	Failures   Failures    `json:"failures"`
	Stalls     Stalls      `json:"stalls"`
	LastCull   time.Time   `json:"lastCullAt,omitzero"` // zero if the culler stopped nothing
	Requests   Requests    `json:"requests"`
}

// Seen is a signature that occurs in a log.
type Seen struct {
	Signature
	Count  int       `json:"count"`
	First  time.Time `json:"firstAt,omitzero"`
	Last   time.Time `json:"lastAt,omitzero"`
	Sample string    `json:"sample"` // the latest of its lines, scrubbed and without its time
	// Distinct is how many different users or pods it names, of which no more than
	// some thousands are told apart; 0 if it names none, or is but a notice.
	Distinct int `json:"distinct"`
	// Since is how often it occurs after the last server that started, and after
	// the Hub's own last start.
	Since int `json:"sinceLastStart"`
	// Longest is the longest time it names, in seconds.
	Longest float64 `json:"longestSeconds"`
}

// Starts is how often the Hub itself began to run.
type Starts struct {
	Count    int       `json:"count"`
	Last     time.Time `json:"lastAt,omitzero"`
	Readopts int       `json:"readopted"` // servers that it found running the last time
}

// Spawns is how the servers that started did so.
type Spawns struct {
	Count  int       `json:"count"`
	Last   time.Time `json:"lastAt,omitzero"`
	Median float64   `json:"medianSeconds"` // within a twentieth
	Recent float64   `json:"recentSeconds"` // the median of the latest few
}

// Failures is a row of failed launches that no success has ended yet.
type Failures struct {
	InARow int       `json:"inARow"`
	Limit  int       `json:"limit"` // at which the Hub gives up; 0 if it never said
	At     time.Time `json:"at,omitzero"`
}

// Stalls is how the Hub's event loop was held up.
type Stalls struct {
	Count   int       `json:"count"`
	Longest float64   `json:"longestSeconds"`
	Last    time.Time `json:"lastAt,omitzero"`
}

// Requests are those the Hub answered.
type Requests struct {
	Count     int64 `json:"count"`
	Failed    int64 `json:"failed"`    // answered with 5xx
	Throttled int64 `json:"throttled"` // answered with 429
}

// Of returns what was seen of a signature; its count is 0 if nothing was.
func (l *Log) Of(id ID) Seen {
	for i := range l.Found {
		if l.Found[i].ID == id {
			return l.Found[i]
		}
	}
	return Seen{}
}

// Reflector returns the life of one of KubeSpawner's reflectors.
func (l *Log) Reflector(kind string) Reflector {
	for i := range l.Reflectors {
		if l.Reflectors[i].Kind == kind {
			return l.Reflectors[i]
		}
	}
	return Reflector{Kind: kind}
}
