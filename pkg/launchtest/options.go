package launchtest

import (
	"context"
	"net/http"
	"time"
)

// Options say how a launch is made and how far it may go.
type Options struct {
	Binder string // URL of the BinderHub
	Member string // its name, for Launch.Member alone
	Repo   Repo
	// Timeout is for the whole launch, and Limits for single stages; 0 is none.
	// A stage that is not in Limits has its limit from DefaultLimits.
	Timeout time.Duration
	Limits  map[Stage]time.Duration
	// Silence is how long BinderHub may say nothing at all; 0 is DefaultSilence.
	Silence time.Duration
	// Grace is how long the launch may go on after it was stopped or has taken
	// too long, to end the server that it began; 0 is DefaultGrace.
	Grace time.Duration
	// TrustHosts are hosts besides BinderHub's own site to which a server's token
	// may be sent.
	TrustHosts []string
	// Transport makes connections to BinderHub and, unless there is a
	// ServerTransport, to the user's server. Nil is the usual one.
	Transport       http.RoundTripper
	ServerTransport http.RoundTripper
	Agent           string // the User-Agent
	Now             func() time.Time
	Tell            Tell // may be nil
	// Gather, if it is not nil, is asked for what the cluster tells of a launch
	// that broke, before its server is stopped.
	Gather func(ctx context.Context, broken Launch) *Evidence
	// Look, if it is not nil, is asked again and again what the cluster shows of the
	// pod of a launch whose server takes its time to come up.
	Look func(ctx context.Context, coming Launch) Sight
}

// Tell is told of a launch while it goes on, never by two at once. The launch goes
// no further meanwhile.
type Tell func(Moment)

// Moment is something that a launch tells: that a stage has begun, or a line of
// a build's log, or a remark.
type Moment struct {
	Stage Stage
	Since time.Time // when the stage began
	Log   string    // a line of the log, or ""
	Note  string    // what the cluster shows to be wrong, or ""
}

const (
	// DefaultTimeout is how long a launch may take: a build of ten minutes, and
	// what BinderHub's own limit of a launch (600 s) leaves of it.
	DefaultTimeout = 15 * time.Minute
	// DefaultSilence is how long BinderHub may be silent. It sends a sign of life
	// every 25 s (its KEEPALIVE_INTERVAL), so three in a row are missing.
	DefaultSilence = 80 * time.Second
	// DefaultGrace is how long ending a server may take that nobody waits for any
	// more: a launch from an image that is there mostly takes less than this.
	DefaultGrace = 30 * time.Second
)

// DefaultLimits are those of the stages that nothing but a fault makes longer.
// How long a build takes is the repository's business.
func DefaultLimits() map[Stage]time.Duration {
	return map[Stage]time.Duration{
		Connect:  time.Minute, // the first sign of life comes after 25 s at the latest
		Route:    time.Minute, // the Hub gives the server 30 s to answer (JupyterHub's default http_timeout), and as long again is for a busy one
		ServerUp: time.Minute,
		Kernel:   2 * time.Minute, // a big environment on a busy disk
		Computes: time.Minute,
		Shutdown: time.Minute, // the Hub looks every 30 s (KubeSpawner's default)
	}
}

// gatherTime is how long the cluster may take to tell of a launch.
const gatherTime = 15 * time.Second

// limit is how long the launch may be in a stage, or 0.
func (o *Options) limit(stage Stage) time.Duration {
	if limit, ok := o.Limits[stage]; ok {
		return limit
	}
	return DefaultLimits()[stage]
}
