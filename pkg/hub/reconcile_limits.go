package hub

import "time"

// Limits are how long things may take before they are called wrong.
type Limits struct {
	StartTimeout  time.Duration // for a server to start, and to stop
	Assumed       bool          // as nothing tells the Hub's own
	LaunchTimeout time.Duration // after which BinderHub gives up on a launch
	HubSince      time.Time     // when the Hub began to run; zero if nothing tells
	// MaxAge is the age from which a server is overdue; 0 is never.
	MaxAge time.Duration
}

const (
	// DefaultLaunchTimeout is BinderHub's default.
	DefaultLaunchTimeout = 600 * time.Second
	// DefaultSettle is how long what may pass by itself is given to do so. The
	// Hub asks after each of its servers every 30 s (JupyterHub's default
	// poll_interval, give or take 5 %): so long it rightly believes in a server
	// whose pod somebody else has deleted.
	DefaultSettle = 35 * time.Second
	// httpTimeout is how long a server that has started may take to answer
	// (JupyterHub's default http_timeout).
	httpTimeout = 30 * time.Second
	// grace is added to every limit, for clocks that differ and a Hub that is busy.
	grace = time.Minute
	// activityEvery is how often the Hub looks which servers are used
	// (JupyterHub's default last_activity_interval).
	activityEvery = 300 * time.Second
	// assumedStart is how long a start may take where nothing tells the Hub's own
	// limit: as long as the most patient of Hubs, with machines that are slow to
	// come, are set to wait.
	assumedStart = time.Hour
	// cullerSlack is how long a culler may take for a round.
	cullerSlack = 5 * time.Minute
)

// Limits are those that a Hub deployed like this holds to.
func (s Settings) Limits() Limits {
	limits := Limits{StartTimeout: s.StartTimeout, Assumed: !s.Read, LaunchTimeout: DefaultLaunchTimeout}
	if s.Culls {
		limits.MaxAge = s.LatestAge(s.MaxAge)
	}
	return limits
}

// LatestAge is the age that a server can have at the most if the culler stops
// those of maxAge: it looks only now and then. 0 is any.
func (s Settings) LatestAge(maxAge time.Duration) time.Duration {
	if maxAge == 0 {
		return 0
	}
	return maxAge + s.CullEvery + cullerSlack
}

// youngest is the age from which a pod may be called an orphan: before, its
// server may still be starting.
func (l Limits) youngest() time.Duration { return l.StartTimeout + grace }

// longestSpawn is how long a start may be pending. If it fails, the Hub waits as
// long again for the pod to be gone.
func (l Limits) longestSpawn(cleaning bool) time.Duration {
	start := l.StartTimeout
	if l.Assumed {
		start = max(start, assumedStart)
	}
	if cleaning {
		start *= 2
	}
	return start + httpTimeout + grace
}
