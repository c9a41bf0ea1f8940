package scenario

import (
	"cmp"
	"slices"
)

// The programs that can play the Hub.
const (
	// HubStandIn is the game day's own.
	HubStandIn = "standin"
	// HubNone leaves the Hub's port to somebody else, such as a real JupyterHub.
	HubNone = "none"
)

// Hub is the JupyterHub of a scenario.
type Hub struct {
	Program string `yaml:"program"` // standin by default
	Values  Object `yaml:"values"`  // of its Helm chart, over those of mybinder.org
}

func (h *Hub) defaults() {
	if h == nil {
		return
	}
	h.Program = cmp.Or(h.Program, HubStandIn)
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

func (s *Scenario) validateHub(p *problems) {
	if s.Hub == nil {
		return
	}
	oneOf(p, "hub.program", s.Hub.Program, HubStandIn, HubNone)
	for _, name := range []string{"hub", "proxy"} {
		if s.Component(name) == nil {
			p.add("hub", "it needs a workload with the label component: %s", name)
		}
	}
}
