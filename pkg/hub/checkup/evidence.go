package checkup

import (
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/hub/hublog"
)

// Evidence is all that was seen of a Hub.
type Evidence struct {
	At       time.Time // by the API server's clock, or the end of the log where there is no server
	Pod      Pod
	Service  Service
	API      API
	Servers  Servers
	Pods     Pods
	Drift    Drift
	Lag      Lag
	Lately   *Lately     // nil if no pods were seen
	Counts   *hub.Counts // nil if the Hub does not tell
	Log      *hublog.Log // nil if it was not read
	LogOnly  bool        // no cluster was asked
	LogFrom  string      // such as "pod hub-5d8b-x" or "FILE"
	Settings hub.Settings
	Unseen   []Missing
	// Unreached is that the cluster does not answer, which is no want of permission.
	Unreached bool
}

// Missing is something that could not be seen.
type Missing struct {
	What string `json:"what"` // such as "the Hub's log"
	Why  string `json:"why"`
}

// Pod is the hub pod: the likeliest, if there are several.
type Pod struct {
	Seen     bool           `json:"seen"`
	Name     string         `json:"name"` // "" if there is none
	Phase    string         `json:"phase"`
	Node     string         `json:"node"`
	Ready    bool           `json:"ready"`
	Waiting  string         `json:"waiting"` // why its container does not run, such as CrashLoopBackOff
	Message  string         `json:"message"` // what the kubelet or the scheduler says of that
	Restarts int            `json:"restarts"`
	Began    time.Time      `json:"startedAt,omitzero"` // its container, for the last time
	Created  time.Time      `json:"createdAt,omitzero"`
	Death    *cluster.Death `json:"lastDeath"` // nil if it never died
	Leaving  bool           `json:"deleting"`
	Image    string         `json:"image"`
	// Others are hub pods that run beside it, of which nothing is said.
	Others []string `json:"others"`
}

// Service is the one by which BinderHub and the proxy reach the Hub.
type Service struct {
	Seen  bool   `json:"seen"`
	Name  string `json:"name"`  // "" if none leads there
	Leads bool   `json:"leads"` // to the hub pod
}

// API is how the Hub's API answered.
type API struct {
	Seen    bool      `json:"seen"` // it was asked, or there is nobody to ask
	Answers bool      `json:"answers"`
	Via     string    `json:"via"`
	Version string    `json:"version"` // of JupyterHub
	Seconds []float64 `json:"answerSeconds"`
	Failed  int       `json:"failedProbes"`
	Hangs   bool      `json:"hangs"`       // it took the question and gave no answer
	Code    int       `json:"failedCode"`  // of HTTP, that it failed with; 0 if no answer came
	Trouble string    `json:"trouble"`     // what the latest failure was, or ""
	List    string    `json:"listTrouble"` // why servers could not be listed though the API answers, or ""
}

// Servers are those in which the Hub believes.
type Servers struct {
	Total    int `json:"total"`
	Ready    int `json:"ready"`
	Starting int `json:"starting"`
	Stopping int `json:"stopping"`
	Checking int `json:"checking"`
}

// Pods are the users' pods.
type Pods struct {
	Seen    bool      `json:"seen"`
	Total   int       `json:"total"`
	Running int       `json:"running"`
	Pending int       `json:"pending"`
	Ending  int       `json:"ending"`
	Oldest  time.Time `json:"oldestAt,omitzero"` // when the oldest that is to stay was made
}

// Drift is how servers and pods differ.
type Drift struct {
	Seen     bool              `json:"seen"`
	Certain  map[hub.Class]int `json:"certain"`
	Possible map[hub.Class]int `json:"possible"`   // what may pass by itself
	Judged   int               `json:"judgedPods"` // pods old enough for the Hub to know them
	Known    int               `json:"knownPods"`  // of those, how many it does
}

// count is how many findings of a class there are, with those that may pass by
// themselves if there are more of them than an ordinary moment has.
func (d Drift) count(class hub.Class) int {
	if d.Possible[class] >= passing {
		return d.Certain[class] + d.Possible[class]
	}
	return d.Certain[class]
}

// passing is how many servers may be between two states when one looks: stops
// and deletions under way.
const passing = 3

// Lag is how far the Hub is behind its pods.
type Lag struct {
	// Seen is when the newest pod that the Hub has taken in became ready; zero if
	// it has none.
	Seen time.Time `json:"newestSeenAt,omitzero"`
	// Waiting are pods that have been ready for a while, and later than that, of
	// which the Hub still says that they start, or that it does not know.
	Waiting int       `json:"waiting"`
	Since   time.Time `json:"waitingSince,omitzero"` // when the first of them became ready
	Starts  int       `json:"starting"`              // of them, those the Hub says start
}
