package launchtest

import (
	"slices"
	"time"
)

// Stage is a part of a launch, as far as it can be told from outside.
type Stage string

// The stages of a launch, in order. Those of building are passed over if the
// image is there already.
const (
	Connect  Stage = "connect"         // reaching BinderHub: names, TLS, what stands in front
	Resolve  Stage = "resolve"         // from what was asked for to a commit, and whether its image is there
	Queue    Stage = "build queue"     // until the build has begun
	Fetch    Stage = "fetch"           // of the repository
	Build    Stage = "build"           // of the image
	Push     Stage = "push"            // of the image; many BinderHubs tell it as building
	Registry Stage = "registry"        // from the image to the launch: it is there, and so is the quota
	HubUser  Stage = "hub user"        // making a temporary user, and asking for its server
	Spawn    Stage = "spawn request"   // until Kubernetes speaks of the pod
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

// Before reports whether a stage comes before another in a launch.
func (s Stage) Before(other Stage) bool {
	all := Stages()
	return slices.Index(all, s) < slices.Index(all, other)
}

// building reports whether an image is built while the launch is in the stage.
func (s Stage) building() bool { return !s.Before(Queue) && s.Before(Registry) }

// spawning reports whether a server may come to be while the launch is in the
// stage, without being ready yet.
func (s Stage) spawning() bool { return !s.Before(HubUser) && s.Before(ServerUp) }

// Span is when a launch was in a stage. A launch that BinderHub tries again is
// in some stages more than once.
type Span struct {
	Stage   Stage     `json:"stage"`
	Began   time.Time `json:"beganAt"`
	Ended   time.Time `json:"endedAt"` // zero while it is in it
	Seconds float64   `json:"seconds"` // between the two
}

// Took is how long the stage lasted; until now if it has not ended. It is never
// negative.
func (s Span) Took(now time.Time) time.Duration {
	if !s.Ended.IsZero() {
		now = s.Ended
	}
	return max(0, now.Sub(s.Began))
}
