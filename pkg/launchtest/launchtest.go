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

// Stage is a part of a launch, as far as it can be told from outside.
type Stage string

// The stages of a launch, in order. Those of building are passed over if the
// image is there already.
const (
	Connect  Stage = "connect"         // reaching BinderHub: names, TLS, what stands in front
	Resolve  Stage = "resolve"         // from what was asked for to a commit
	Queue    Stage = "build queue"     // until the build has begun
	Fetch    Stage = "fetch"           // of the repository
	Build    Stage = "build"           // of the image
	Push     Stage = "push"            // of the image; many BinderHubs do not tell it from building
	Registry Stage = "registry"        // finding the image
	HubUser  Stage = "hub user"        // making a temporary user
	Spawn    Stage = "spawn request"   // until the Hub has taken it on
	Schedule Stage = "schedule"        // until a node is found
	Pull     Stage = "image pull"      // to that node
	Start    Stage = "container start" // until it runs
	Route    Stage = "route"           // until the Hub calls the server ready, which the proxy then leads to
	ServerUp Stage = "server up"       // until it answers
	Kernel   Stage = "kernel start"    // until a kernel is there
	Computes Stage = "kernel computes" // until it has given the right answer
	Shutdown Stage = "shutdown"        // until the server has gone
)

// Stages are all there are, in order.
func Stages() []Stage {
	return []Stage{
		Connect, Resolve, Queue, Fetch, Build, Push, Registry, HubUser, Spawn,
		Schedule, Pull, Start, Route, ServerUp, Kernel, Computes, Shutdown,
	}
}

// Span is when a launch was in a stage.
type Span struct {
	Stage Stage     `json:"stage"`
	Began time.Time `json:"beganAt"`
	Ended time.Time `json:"endedAt"` // zero while it is in it
}

// Took is how long the stage lasted; until now if it has not ended.
func (s Span) Took(now time.Time) time.Duration {
	if s.Ended.IsZero() {
		return max(0, now.Sub(s.Began))
	}
	return s.Ended.Sub(s.Began)
}

// Result is how a launch ended.
type Result string

// How a launch can end. Refused is not a fault of the service: it protects
// itself, and more launches would make it worse.
const (
	OK       Result = "ok"      // a kernel has computed, and the server is gone again
	Failed   Result = "failed"  // some stage broke
	TimedOut Result = "timeout" // some stage took longer than it may
	Refused  Result = "refused" // a quota, or the limit of launches for this address
	Stopped  Result = "stopped" // by the operator
)

// Launch is one test launch: what was asked for, what happened, what came of it.
// There is nothing secret in it.
type Launch struct {
	Binder   string    `json:"binder"`   // URL of the BinderHub that was asked
	Answered string    `json:"answered"` // URL of the one that answered: a federation redirects
	Repo     string    `json:"repo"`     // as BinderHub is asked: "gh/owner/name/ref"
	Began    time.Time `json:"beganAt"`
	Ended    time.Time `json:"endedAt"`
	Result   Result    `json:"result"`
	Spans    []Span    `json:"stages"`
	Built    bool      `json:"built"`   // an image was built; it was there already otherwise
	Image    string    `json:"image"`   // "" if it never came to that
	User     string    `json:"user"`    // the temporary user's name, or ""
	Server   string    `json:"server"`  // URL of the user's server, without its token, or ""
	Failure  *Failure  `json:"failure"` // nil if there is none
	Cleanup  string    `json:"cleanup"` // why the server may still run, or ""
}

// Failure is where and why a launch broke.
type Failure struct {
	Stage Stage  `json:"stage"`
	Cause Cause  `json:"cause"`
	Says  string `json:"says"` // in words: what was seen, cleaned of secrets
	// Code is the status that BinderHub's event carried, or HTTP's own if it was
	// not BinderHub that answered; 0 if there was none.
	Code int `json:"code"`
}

// Cause names a kind of failure. Each has words and a next step of its own.
type Cause string
