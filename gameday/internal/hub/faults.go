package hub

import (
	"fmt"
	"slices"
	"strings"

	"github.com/binderctl/binderctl/gameday/internal/control"
	"github.com/binderctl/binderctl/gameday/internal/hubdb"
)

// The faults that a Hub can have.
const (
	ReflectorDead   = "reflector-dead"
	StopLies        = "stop-lies"
	StopHangs       = "stop-hangs"
	DatabaseLost    = "database-lost"
	Slow            = "slow"
	TooManyRequests = "too-many-requests"
	Errors          = "errors"
	Down            = "down"
	UserFails       = "hub-user-fails"
	SpawnFails      = "spawn-fails"
	NoNode          = "no-node"
	RouteMissing    = "route-missing"
)

// Faults are all there are.
func Faults() []control.Fault {
	return []control.Fault{
		{Name: ReflectorDead, Means: "the Hub sees no change of any pod", Memory: true},
		{Name: StopLies, Means: "a stop is answered with 204, and the pod lives"},
		{Name: StopHangs, Means: "a stop never ends, though the pod goes", Memory: true},
		{Name: DatabaseLost, Means: "every Hub that starts finds an empty database"},
		{Name: Slow, Means: "every answer takes its time"},
		{Name: TooManyRequests, Means: "every API request is answered with 429"},
		{Name: Errors, Means: "every API request is answered with 500"},
		{Name: Down, Means: "nobody listens, though the pod is Ready"},
		{Name: UserFails, Means: "making a user is answered with 500"},
		{Name: SpawnFails, Means: "starting a server is answered with 500"},
		{Name: NoNode, Means: "new pods ask for more memory than any node has"},
		{Name: RouteMissing, Means: "the proxy is told of no new server"},
	}
}

// FaultNames are the names of all there are.
func FaultNames() []string { return control.Names(Faults()) }

// has says whether a fault holds.
func (h *Hub) has(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(h.content.Faults, named(name))
}

// hasLocked is has for who holds the lock.
func (h *Hub) hasLocked(name string) bool {
	return slices.ContainsFunc(h.content.Faults, named(name))
}

func named(name string) func(hubdb.Fault) bool {
	return func(f hubdb.Fault) bool { return f.Name == name }
}

// Switch begins or ends a fault.
func (h *Hub) Switch(name string, on bool) error {
	if !slices.Contains(FaultNames(), name) {
		return fmt.Errorf("switch fault: there is no %q; there are %s", name, strings.Join(FaultNames(), ", "))
	}
	h.mu.Lock()
	had := slices.ContainsFunc(h.content.Faults, named(name))
	h.content.Faults = slices.DeleteFunc(h.content.Faults, named(name))
	if on {
		h.content.Faults = append(h.content.Faults, hubdb.Fault{Name: name, Since: h.now()})
	}
	life := h.life
	h.mu.Unlock()
	h.keep()
	if had != on {
		h.effect(life, name, on)
	}
	return nil
}

// effect is what a fault does the moment it begins or ends.
func (h *Hub) effect(life *life, name string, on bool) {
	switch name {
	case Down:
		h.openOrShut()
	case DatabaseLost:
		if on && life != nil {
			life.end()
		}
	case ReflectorDead:
		if life == nil {
			return
		}
		if on {
			life.reflector.kill()
			life.sayReflectorDied()
		} else {
			go life.reflector.start(life.ctx)
		}
	}
}

// forget ends the faults of the memory of a process that is gone.
func (h *Hub) forget() {
	memory := map[string]bool{}
	for _, fault := range Faults() {
		memory[fault.Name] = fault.Memory
	}
	h.content.Faults = slices.DeleteFunc(h.content.Faults, func(f hubdb.Fault) bool { return memory[f.Name] })
}
