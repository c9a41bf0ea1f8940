// Package launchtest launches a repository as a user would, through BinderHub's
// build API, down to a kernel that computes, and says how long each stage took
// or which one broke, and why.
//
// A launch is a story told by three parties: BinderHub's stream of events, the
// user's own server once there is one, and, where the operator may look, the
// cluster. The package reads the first two over HTTP and takes what the third
// says as data. It always ends what it has begun: the stream, and the server.
//
// The token of the server that a launch was given is dropped with the launch and
// is sent to that server alone.
package launchtest

import (
	"time"
)

// Result is how a launch ended.
type Result string

// How a launch can end. Refused is not a fault of the service: it protects
// itself, and more launches would make it worse.
const (
	OK       Result = "ok"      // a kernel has computed, and the server is gone again
	Failed   Result = "failed"  // some stage broke
	TimedOut Result = "timeout" // some stage, or the whole, took longer than it may
	Refused  Result = "refused" // a quota, or the limit of launches for this address
	Stopped  Result = "stopped" // by the operator
)

// Launch is one test launch: what was asked for, what happened, what came of it.
// There is nothing secret in it.
type Launch struct {
	Member   string    `json:"member"`   // of a federation, by name; "" if it was not asked by one
	Binder   string    `json:"binder"`   // URL of the BinderHub that was asked
	Answered string    `json:"answered"` // URL of the one that answered: a federation redirects; "" if none did
	Repo     string    `json:"repo"`     // as BinderHub is asked: "gh/owner/name/ref"
	Began    time.Time `json:"beganAt"`
	Ended    time.Time `json:"endedAt"`
	Seconds  float64   `json:"seconds"` // between the two
	Result   Result    `json:"result"`
	Spans    []Span    `json:"stages"`
	Built    bool      `json:"built"`    // an image was built; it was there already otherwise
	Attempts int       `json:"attempts"` // how often BinderHub tried to start the server
	Image    string    `json:"image"`    // "" if it never came to that
	User     string    `json:"user"`     // the temporary user's name, or ""
	Server   string    `json:"server"`   // URL of the user's server, without its token, or ""
	Language string    `json:"language"` // of the kernel, or ""
	Computed bool      `json:"computed"` // the kernel was asked to compute, and its answer was right
	Failure  *Failure  `json:"failure"`  // null if there is none
	// Cleanup is what the server may still do, and why, as in "may still run: …";
	// "" if nothing is left of it.
	Cleanup string `json:"cleanup"`
	// Overlooked is its pod, if the cluster showed it ready and the Hub did not
	// notice; null otherwise.
	Overlooked *Sight `json:"overlooked"`
	// Evidence is what the cluster tells, if it was asked.
	Evidence *Evidence `json:"evidence"`

	pod string // of the server, by name, where it is known before its user is
}

// Failure is where and why a launch broke.
type Failure struct {
	Stage Stage  `json:"stage"`
	Cause Cause  `json:"cause"`
	Says  string `json:"says"` // in words: what was seen, cleaned of secrets
	// Code is the status that BinderHub's event carried, or HTTP's own if it was
	// not BinderHub that answered; 0 if there was none.
	Code int `json:"code"`
	// RetryAfter is how long the service asked to be left alone; 0 if it did not.
	RetryAfter time.Duration `json:"-"`
	// At is when it broke. What was begun may have taken a while to end after that.
	At time.Time `json:"at"`
}

// Took is how long the launch spent in a stage, over all attempts.
func (l *Launch) Took(stage Stage) time.Duration {
	var sum time.Duration
	for _, span := range l.Spans {
		if span.Stage == stage {
			sum += span.Took(l.Ended)
		}
	}
	return sum
}

// Stage is the one that the launch is in, or was in last.
func (l *Launch) Stage() Stage {
	if len(l.Spans) == 0 {
		return Connect
	}
	return l.Spans[len(l.Spans)-1].Stage
}
