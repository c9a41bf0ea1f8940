package hublog

import (
	"slices"
	"time"
)

// facts are what the lines tell together.
type facts struct {
	pods, events Reflector
	starts       Starts
	failures     Failures
	stalls       Stalls
	lastCull     time.Time
	version      string
	spawned      int
	lastSpawn    time.Time
	took         sketch
	latest       ring
}

func newFacts() facts {
	return facts{pods: Reflector{Kind: "pods"}, events: Reflector{Kind: "events"}}
}

// take takes in a line of a signature.
func (f *facts) take(id ID, at time.Time, told told) {
	switch id {
	case ReflectorDead, ReflectorHalt, ReflectorFailed:
		f.died(told.kind, at)
	case ReflectorError:
		f.reflector(told.kind).Errors++
	case ReflectorBegan:
		f.reflector(told.kind).revive(at)
	case StopLost, ReflectorMissed: // below KubeSpawner 6 nothing else tells of the restart
		f.pods.revive(at)
	case HubVersion:
		f.version = told.kind
		f.began(at)
	case SpawnersRead:
		f.starts.Readopts = told.n
	case HubStarted:
		f.starts.Count++
		f.starts.Last = at
		f.began(at)
	case Started:
		f.succeeded(at, told.secs)
	case SpawnsFailed:
		f.failures = Failures{InARow: told.n, Limit: told.max, At: at}
	case Abort:
		f.failures = Failures{InARow: told.n, Limit: max(told.n, f.failures.Limit), At: at}
	case EventLoop:
		f.stalls.Count++
		f.stalls.Longest, f.stalls.Last = max(f.stalls.Longest, told.secs), at
	case Culled:
		f.lastCull = at
	default: // it counts, and that is all
	}
}

// began notes that a Hub starts, or has: what the one before it suffered from is
// past.
func (f *facts) began(at time.Time) {
	f.pods.revive(at)
	f.events.revive(at)
	f.failures = Failures{Limit: f.failures.Limit}
}

// succeeded notes that a server has started.
func (f *facts) succeeded(at time.Time, secs float64) {
	f.spawned++
	f.lastSpawn = at
	f.took.add(secs)
	f.latest.add(secs)
	f.failures = Failures{Limit: f.failures.Limit}
	f.pods.sawStart(at)
}

// into puts the facts into the log.
func (f *facts) into(log *Log) {
	log.Reflectors = []Reflector{f.pods, f.events}
	log.Starts, log.Failures, log.Stalls = f.starts, f.failures, f.stalls
	log.LastCull, log.Version = f.lastCull, f.version
	log.Spawns = Spawns{Count: f.spawned, Last: f.lastSpawn, Median: f.took.median(), Recent: f.latest.median()}
}

// ring holds the latest few of many numbers.
type ring struct {
	values [latestFew]float64
	count  int
}

// latestFew is how many launches tell how launches go now.
const latestFew = 20

func (r *ring) add(value float64) {
	r.values[r.count%latestFew] = value
	r.count++
}

func (r *ring) median() float64 {
	values := slices.Clone(r.values[:min(r.count, latestFew)])
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[len(values)/2]
}
