package cmd

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub/checkup"
	"github.com/binderctl/binderctl/pkg/nodes"
	"github.com/binderctl/binderctl/pkg/pods"
)

// statusSight are the numbers behind the lines. Each is null if it could not be
// had.
type statusSight struct {
	Incident   *incidentSeen   `json:"incident"`
	Hub        *checkup.Report `json:"hub"`
	Launches   *launchesSeen   `json:"launches"`
	Capacity   *capacitySeen   `json:"capacity"`
	Suspects   []suspectSeen   `json:"suspects"`
	Crashloops *crashloopsSeen `json:"crashloops"`
	Orphans    *checkup.Drift  `json:"orphans"`
	Pods       *usersCounted   `json:"pods"`
	Repos      []pods.Count    `json:"repos"` // most pods first

	// For the page, which draws them.
	evidence *checkup.Evidence
	listing  *nodes.Listing
	users    podsSeen
}

// capacitySeen is how much room there is.
type capacitySeen struct {
	nodes.Headroom
	Forecast *nodes.Forecast `json:"forecast"` // null if there is too little to say
}

// suspectSeen is a node with anything against it.
type suspectSeen struct {
	Name      string  `json:"name"`
	Score     float64 `json:"score"`
	Unhealthy bool    `json:"unhealthy"`
	Reason    string  `json:"reason"`
}

func suspectsSeen(found *nodes.Findings) []suspectSeen {
	seen := []suspectSeen{}
	for i := range found.Suspects {
		s := &found.Suspects[i]
		seen = append(seen, suspectSeen{s.Name, s.Score, s.Unhealthy, s.Reason()})
	}
	return seen
}

// crashloopsSeen is what fails.
type crashloopsSeen struct {
	Containers int           `json:"containers"`
	Bursts     int           `json:"bursts"`
	Sick       pods.Sick     `json:"sick"`
	Common     []pods.Factor `json:"common"`
}

// usersCounted are users' pods, and builds.
type usersCounted struct {
	Total   int `json:"total"` // users'
	Running int `json:"running"`
	Pending int `json:"pending"`
	Failed  int `json:"failed"`
	Ending  int `json:"terminating"`
	Builds  int `json:"builds"`
	// Waiting are Pending for longer than they should be, the oldest for
	// OldestWaits.
	Waiting     int          `json:"waitingLong"`
	OldestWaits int64        `json:"oldestPendingSeconds"`
	Overdue     int          `json:"overdue"` // older than a session should get
	ByAge       []pods.Count `json:"byAge"`
	Made        []int        `json:"madeByMinute"` // of those that are still there; of the last hour, the present minute last
}

const (
	// patientFor is how long somebody may wait for a server: BinderHub gives up on
	// a launch after as long (its default).
	patientFor = 10 * time.Minute
	// lookedBack is how far back pods are counted by the minute.
	lookedBack = time.Hour
)

func countUsers(seen podsSeen) usersCounted {
	c := usersCounted{Made: make([]int, int(lookedBack/time.Minute))}
	ages := pods.NewCounter(pods.KeyAge, seen.then)
	for _, p := range seen.pods {
		if p.Kind != cluster.User {
			c.Builds++
			continue
		}
		age := p.Age(seen.at)
		c.Total++
		ages.Add(p)
		if minute := int(age / time.Minute); minute < len(c.Made) {
			c.Made[len(c.Made)-1-minute]++
		}
		switch {
		case p.Deleting:
			c.Ending++
			continue
		case p.Phase == corev1.PodRunning:
			c.Running++
		case p.Phase == corev1.PodPending:
			c.Pending++
			c.OldestWaits = max(c.OldestWaits, int64(age/time.Second))
			if age >= patientFor {
				c.Waiting++
			}
		case p.Phase == corev1.PodFailed:
			c.Failed++
		}
		if age >= nodes.DefaultMaxAge {
			c.Overdue++
		}
	}
	c.ByAge = ages.Counts()
	return c
}

// countRepos counts users' pods by repository.
func countRepos(seen podsSeen) []pods.Count {
	repos := pods.NewCounter(pods.KeyRepo, seen.then)
	for _, p := range seen.pods {
		if p.Kind == cluster.User {
			repos.Add(p)
		}
	}
	return slices.Clip(repos.Counts())
}
