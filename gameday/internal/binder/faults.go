package binder

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/control"
	"github.com/binderctl/binderctl/gameday/internal/jupyter"
	"github.com/binderctl/binderctl/gameday/internal/kubelet"
)

// The faults of BinderHub itself.
const (
	ResolveFails      = "resolve-fails"
	GitHubLimit       = "github-limit"
	BuildQueueStuck   = "build-queue-stuck"
	FetchFails        = "fetch-fails"
	BuildFails        = "build-fails"
	BuildHangs        = "build-hangs"
	RegistryDown      = "registry-down"
	PushFails         = "push-fails"
	QuotaTotal        = "quota-total"
	QuotaRepo         = "quota-repo"
	RateLimit         = "rate-limit"
	Front502          = "front-502"
	Front503          = "front-503"
	Front504          = "front-504"
	FrontRedirectLoop = "front-redirect-loop"
	StreamStalls      = "stream-stalls"
	StreamCut         = "stream-cut"
)

// Faults are what can be wrong on the way of a launch, and where the Hub is not to
// blame.
func Faults() []control.Fault {
	return []control.Fault{
		{Name: ResolveFails, Means: "no ref is found"},
		{Name: GitHubLimit, Means: "GitHub answers no more requests"},
		{Name: BuildQueueStuck, Means: "no node takes the pods of builds"},
		{Name: FetchFails, Means: "no repository can be cloned"},
		{Name: BuildFails, Means: "a step of each build fails"},
		{Name: BuildHangs, Means: "a step of each build never ends"},
		{Name: RegistryDown, Means: "the registry does not answer: what was built is built again"},
		{Name: PushFails, Means: "the registry takes no images"},
		{Name: QuotaTotal, Means: "there are as many user pods as there may be"},
		{Name: QuotaRepo, Means: "each repository has as many user pods as it may have"},
		{Name: RateLimit, Means: "nobody may launch before the hour is over"},
		{Name: Front502, Means: "what stands in front answers 502, in HTML"},
		{Name: Front503, Means: "what stands in front answers 503, in HTML"},
		{Name: Front504, Means: "what stands in front answers 504, in HTML"},
		{Name: FrontRedirectLoop, Means: "what stands in front redirects in a circle"},
		{Name: StreamStalls, Means: "streams of events say nothing after the third"},
		{Name: StreamCut, Means: "streams of events break within the third"},
		{Name: kubelet.PullFails, Means: "nodes can pull no image"},
		{Name: kubelet.PullSlow, Means: "nodes pull images slowly"},
		{Name: kubelet.ContainerCrashes, Means: "the containers of users end as they start"},
		{Name: jupyter.ServerSilent, Means: "users' servers accept connections and say nothing"},
		{Name: jupyter.KernelDies, Means: "kernels die of what they compute first"},
		{Name: jupyter.KernelWrong, Means: "kernels compute something else"},
		{Name: jupyter.ShutdownIgnored, Means: "users' servers do not shut down when told to"},
	}
}

// FaultNames are the names of all there are.
func FaultNames() []string { return control.Names(Faults()) }

// troubles are the faults that hold.
type troubles struct {
	now   func() time.Time
	mu    sync.Mutex
	since map[string]time.Time
}

func newTroubles(names []string, now func() time.Time) *troubles {
	t := &troubles{now: now, since: map[string]time.Time{}}
	for _, name := range names {
		t.since[name] = now()
	}
	return t
}

func (t *troubles) has(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, holds := t.since[name]
	return holds
}

func (t *troubles) turn(name string, on bool) error {
	if !slices.Contains(FaultNames(), name) {
		return fmt.Errorf("switch fault: there is no %q; there are %s", name, strings.Join(FaultNames(), ", "))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !on {
		delete(t.since, name)
	} else if _, holds := t.since[name]; !holds {
		t.since[name] = t.now()
	}
	return nil
}

func (t *troubles) states() []control.FaultState {
	t.mu.Lock()
	defer t.mu.Unlock()
	var states []control.FaultState
	for _, fault := range Faults() {
		state := control.FaultState{Fault: fault}
		if since, holds := t.since[fault.Name]; holds {
			state.Since = &since
		}
		states = append(states, state)
	}
	return states
}
