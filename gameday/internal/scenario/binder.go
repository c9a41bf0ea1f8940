package scenario

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"time"
)

// Binder is the BinderHub of a scenario. It needs a Hub.
type Binder struct {
	Redirector bool     `yaml:"redirector"` // that of a federation of two, which both are this BinderHub
	Faults     []string `yaml:"faults"`
	Jupyter    string   `yaml:"jupyter"` // address of a real server that is behind every user's

	Keepalive     Duration `yaml:"keepalive"`     // how often a stream has a comment
	Linger        Duration `yaml:"linger"`        // for which a stream stays open after a fresh build
	Retries       int      `yaml:"retries"`       // how often each thing is tried
	RetryDelay    Duration `yaml:"retryDelay"`    // before the second attempt, doubled each time
	LaunchTimeout Duration `yaml:"launchTimeout"` // of an attempt
	RateLimit     int      `yaml:"rateLimit"`     // launches an hour and address; none by default
	Quota         int      `yaml:"quota"`         // user pods; without limit by default
	RepoQuota     int      `yaml:"repoQuota"`     // user pods of one repository; the same
	Banned        []string `yaml:"banned"`        // regular expressions of specs
	Missing       []string `yaml:"missing"`       // the same, of addresses of repositories that are not there
	Capitalised   bool     `yaml:"capitalised"`   // phases are written "Building"
	NoPushing     bool     `yaml:"noPushing"`     // a build's log does not tell pushing from building
	LogLines      int      `yaml:"logLines"`      // steps of each build

	Resolve     *Duration `yaml:"resolve"` // how long these take
	Spread      Duration  `yaml:"spread"`  // by so much longer at most, at random
	Fetch       *Duration `yaml:"fetch"`
	Build       *Duration `yaml:"build"`
	Push        *Duration `yaml:"push"`
	Pull        *Duration `yaml:"pull"`
	SlowPull    Duration  `yaml:"slowPull"` // with the fault pull-slow
	Start       *Duration `yaml:"start"`    // of the container
	KernelStart *Duration `yaml:"kernelStart"`
}

func (b *Binder) defaults(hub *Hub) {
	if b == nil {
		return
	}
	b.Keepalive = cmp.Or(b.Keepalive, Duration(25*time.Second)) // BinderHub's
	b.Linger = cmp.Or(b.Linger, Duration(time.Minute))          // the same
	b.Retries = cmp.Or(b.Retries, 4)                            // the same
	b.RetryDelay = cmp.Or(b.RetryDelay, Duration(4*time.Second))
	b.LaunchTimeout = cmp.Or(b.LaunchTimeout, Duration(10*time.Minute))
	b.SlowPull = cmp.Or(b.SlowPull, Duration(2*time.Minute))
	b.LogLines = cmp.Or(b.LogLines, 20)
	if b.Missing == nil {
		b.Missing = []string{"no-such-repo"}
	}
	usually := func(at **Duration, span time.Duration) {
		if *at == nil {
			*at = new(Duration(span))
		}
	}
	usually(&b.Resolve, 200*time.Millisecond)
	usually(&b.Fetch, time.Second)
	usually(&b.Build, 4*time.Second)
	usually(&b.Push, time.Second)
	usually(&b.Pull, 2*time.Second)
	start := 500 * time.Millisecond
	if hub != nil && hub.StartsIn > 0 {
		start = time.Duration(hub.StartsIn)
	}
	usually(&b.Start, start)
	usually(&b.KernelStart, 500*time.Millisecond)
}

// binderFaults are those that the game day's own BinderHub can have.
func binderFaults() []string {
	return []string{
		"resolve-fails", "github-limit", "build-queue-stuck", "fetch-fails", "build-fails", "build-hangs", "registry-down", "push-fails",
		"quota-total", "quota-repo", "rate-limit", "front-502", "front-503", "front-504", "front-redirect-loop", "stream-stalls", "stream-cut",
		"pull-fails", "pull-slow", "container-crashes", "server-silent", "kernel-dies", "kernel-wrong-answer", "shutdown-ignored",
	}
}

func (s *Scenario) validateBinder(p *problems) {
	if s.Binder == nil {
		return
	}
	if s.Hub == nil || s.Hub.Program != HubStandIn {
		p.add("binder", "it needs the stand-in for a Hub: hub: {}")
	}
	if s.Component("binder") == nil {
		p.add("binder", "it needs a workload with the label component: binder")
	}
	for i, fault := range s.Binder.Faults {
		oneOf(p, fmt.Sprintf("binder.faults[%d]", i), fault, binderFaults()...)
	}
	for name, list := range map[string][]string{"banned": s.Binder.Banned, "missing": s.Binder.Missing} {
		for i, expression := range list {
			if _, err := regexp.Compile(expression); err != nil {
				p.add(fmt.Sprintf("binder.%s[%d]", name, i), "%v", err)
			}
		}
	}
	if at, err := url.Parse(s.Binder.Jupyter); err != nil || s.Binder.Jupyter != "" && (at.Scheme != "http" || at.Host == "") {
		p.add("binder.jupyter", "it is not an address such as http://127.0.0.1:8888/?token=TOKEN")
	}
}
