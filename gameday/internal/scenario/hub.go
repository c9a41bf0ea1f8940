package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// The programs that can play the Hub.
const (
	// HubStandIn is the game day's own.
	HubStandIn = "standin"
	// HubNone leaves the Hub's port to somebody else, such as a real JupyterHub.
	HubNone = "none"
)

// HubLost is what the Hub knows of a group of user pods: nothing.
const HubLost = "lost"

// Hub is the JupyterHub of a scenario.
type Hub struct {
	Program       string     `yaml:"program"` // standin by default
	Version       string     `yaml:"version"` // as the Hub reports it
	Values        Object     `yaml:"values"`  // of its Helm chart, over those of mybinder.org
	Faults        []HubFault `yaml:"faults"`
	Ghosts        int        `yaml:"ghosts"`        // servers that it thinks are ready, without a pod
	StuckStopping int        `yaml:"stuckStopping"` // servers that stop for ever
	StuckSpawning int        `yaml:"stuckSpawning"` // servers that start for ever
	Unrouted      int        `yaml:"unrouted"`      // servers of which the proxy does not know
	StaleRoutes   int        `yaml:"staleRoutes"`   // routes without a server
	CullerAsleep  bool       `yaml:"cullerAsleep"`
	Launches      *Launches  `yaml:"launches"`
	StartsIn      Duration   `yaml:"startsIn"`    // how long a pod that it makes takes to become ready
	EndsIn        Duration   `yaml:"endsIn"`      // how long such a pod takes to go
	SlowStop      Duration   `yaml:"slowStop"`    // after which a stop is answered, done or not
	HTTPTimeout   Duration   `yaml:"httpTimeout"` // for which a server may be silent
	Poll          Duration   `yaml:"poll"`        // how often the Hub looks after each server
	SlowBy        Duration   `yaml:"slowBy"`      // what the fault "slow" adds to each answer
}

// HubFault is what is wrong with the Hub from the beginning: a name, or a name
// and since when.
type HubFault struct {
	Name  string   `yaml:"name"`
	Since Duration `yaml:"since"`
}

// UnmarshalYAML reads a fault.
func (f *HubFault) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return node.Decode(&f.Name)
	}
	type plain HubFault
	return node.Decode((*plain)(f))
}

// Launches are users who come while the game day lasts.
type Launches struct {
	Every Duration `yaml:"every"` // on average
	Stay  Ages     `yaml:"stay"`  // how long each of them does
}

// HubLimit is how well the Hub is to know its pods.
type HubLimit struct {
	OrphansAtMost *int `yaml:"orphansAtMost"`
	GhostsAtMost  *int `yaml:"ghostsAtMost"`
	StuckAtMost   *int `yaml:"stuckAtMost"`
	Sees          bool `yaml:"sees"` // it is to see what becomes of pods
}

func (h *Hub) defaults() {
	if h == nil {
		return
	}
	h.Program = cmp.Or(h.Program, HubStandIn)
	h.Version = cmp.Or(h.Version, "5.4.3")
	h.SlowStop = cmp.Or(h.SlowStop, Duration(10*time.Second))       // JupyterHub's default
	h.HTTPTimeout = cmp.Or(h.HTTPTimeout, Duration(30*time.Second)) // the same
	h.Poll = cmp.Or(h.Poll, Duration(30*time.Second))               // the same
	h.SlowBy = cmp.Or(h.SlowBy, Duration(5*time.Second))
	if h.Launches != nil && h.Launches.Stay.To == 0 {
		h.Launches.Stay = Ages{From: 5 * time.Minute, To: 30 * time.Minute}
	}
}

// Component finds the workload that is a component of JupyterHub: its hub or
// its proxy. Without one it returns nil.
func (s *Scenario) Component(name string) *Workload {
	i := slices.IndexFunc(s.Workloads, func(w Workload) bool {
		return w.Labels["component"] == name && w.Namespace == s.Namespace
	})
	if i < 0 {
		return nil
	}
	return &s.Workloads[i]
}

// hubFaults are those that the game day's own Hub can have.
func hubFaults() []string {
	return []string{"reflector-dead", "stop-lies", "stop-hangs", "database-lost", "slow", "too-many-requests", "errors", "down", "hub-user-fails", "spawn-fails", "no-node", "route-missing"}
}

func (s *Scenario) validateHub(p *problems) {
	lost := slices.ContainsFunc(s.UserPods, func(g UserPods) bool { return g.Hub != "" })
	limited := slices.ContainsFunc(s.Recovered, func(c Condition) bool { return c.Hub != nil })
	if s.Hub == nil || s.Hub.Program != HubStandIn {
		if lost || limited {
			p.add("hub", "userPods and recovered speak of a Hub, and there is no stand-in for it")
		}
	}
	if s.Hub == nil {
		return
	}
	oneOf(p, "hub.program", s.Hub.Program, HubStandIn, HubNone)
	for _, name := range []string{"hub", "proxy"} {
		if s.Component(name) == nil {
			p.add("hub", "it needs a workload with the label component: %s", name)
		}
	}
	for i, fault := range s.Hub.Faults {
		oneOf(p, fmt.Sprintf("hub.faults[%d]", i), fault.Name, hubFaults()...)
	}
	for i, group := range s.UserPods {
		oneOf(p, fmt.Sprintf("userPods[%d].hub", i), group.Hub, "", HubLost)
	}
	if launches := s.Hub.Launches; launches != nil && launches.Every <= 0 {
		p.add("hub.launches.every", "say how often somebody comes")
	}
	if s.Hub.Launches != nil && len(s.Repos) == 0 {
		p.add("hub.launches", "name what is launched under repos first")
	}
}
