package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// launchScenario is a BinderHub from which people launch. It gives a launch up
// after a few seconds, where mybinder.org's has ten minutes.
const launchScenario = `
title: People launch
namespace: prod
seed: 21
hub: {poll: 1s}
binder:
  redirector: true
  keepalive: 1s
  linger: 1s
  retries: 1
  retryDelay: 100ms
  launchTimeout: 4s
  resolve: 50ms
  fetch: 100ms
  build: 400ms
  push: 100ms
  pull: 300ms
  start: 100ms
  kernelStart: 100ms
` + launchNodes + `
repos:
- {url: https://github.com/binder-examples/requirements}
userPods:
- {count: 3, age: 10m-1h}
workloads:
- {kind: Deployment, name: hub, labels: {app: jupyterhub, component: hub}, age: 1d, containers: [{name: hub, image: "hub:1", port: 8081}]}
- {kind: Deployment, name: proxy, labels: {app: jupyterhub, component: proxy}, age: 1d, containers: [{name: chp, image: "chp:1", port: 8000}]}
- {kind: Deployment, name: binder, labels: {app: binder, component: binder}, age: 1d, containers: [{name: binder, image: "binder:1", port: 8585}]}
`

const launchNodes = `nodes:
- {pool: user, count: 2, labels: {hub.jupyter.org/node-purpose: user}, allocatable: {cpu: "8", memory: 52Gi, pods: 110}, age: 1d}`

// cachedRepo is the repository whose image is there from the beginning.
const cachedRepo = "binder-examples/requirements"

// launchDay is a game day with a BinderHub, and an operator of it.
type launchDay struct {
	*place
	binder     string // its URL
	member     string // the URL of the other member of its federation
	redirector string // the URL of that federation
	control    string // where the stand-in is told what to do
}

func newLaunchDay(t *testing.T, scenario string) *launchDay {
	t.Helper()
	p := placeIn(t, ownGameDay(t, scenario), "prod")
	var info struct {
		BinderPort     int    `json:"binderPort"`
		MemberPort     int    `json:"memberPort"`
		RedirectorPort int    `json:"redirectorPort"`
		BinderControl  string `json:"binderControl"`
	}
	if err := json.Unmarshal([]byte(readFile(t, filepath.Join(p.dir, "info.json"))), &info); err != nil {
		t.Fatal(err)
	}
	at := func(port int) string { return fmt.Sprintf("http://127.0.0.1:%d", port) }
	day := &launchDay{place: p, binder: at(info.BinderPort), member: at(info.MemberPort), redirector: at(info.RedirectorPort), control: info.BinderControl}
	eventually(t, "BinderHub answers", func() bool { return day.answers(day.binder + "/health") })
	return day
}

func (d *launchDay) answers(address string) bool {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, http.NoBody)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// launchDoc is a launch in binderctl's JSON.
type launchDoc struct {
	Result   string `json:"result"`
	Answered string `json:"answered"`
	Built    bool   `json:"built"`
	Computed bool   `json:"computed"`
	Language string `json:"language"`
	User     string `json:"user"`
	Server   string `json:"server"`
	Cleanup  string `json:"cleanup"`
	Stages   []struct {
		Stage string    `json:"stage"`
		Began time.Time `json:"beganAt"`
		Ended time.Time `json:"endedAt"`
	} `json:"stages"`
	Failure *struct {
		Stage string `json:"stage"`
		Cause string `json:"cause"`
		Says  string `json:"says"`
	} `json:"failure"`
	Evidence *struct {
		Pod       string `json:"pod"`
		Node      string `json:"node"`
		Suspicion *struct {
			Unhealthy bool   `json:"unhealthy"`
			Reason    string `json:"reason"`
		} `json:"suspicion"`
		Events []struct {
			Reason  string `json:"reason"`
			Message string `json:"message"`
		} `json:"events"`
	} `json:"evidence"`
}

// launches are those of a result, of which so many are wanted.
func launches(r *result, want int) []launchDoc {
	r.t.Helper()
	var doc struct {
		Launches []launchDoc `json:"launches"`
	}
	r.decode(&doc)
	if len(doc.Launches) != want {
		r.failf("%d launches, want %d", len(doc.Launches), want)
	}
	return doc.Launches
}

// launched is the one launch of a result.
func launched(r *result) launchDoc {
	r.t.Helper()
	return launches(r, 1)[0]
}

// stages are the names of a launch's, in the order in which they began.
func (l *launchDoc) stages() []string {
	var names []string
	for _, stage := range l.Stages {
		names = append(names, stage.Stage)
	}
	return names
}

// nothingLeft waits until no user pods are there but those of before.
func (d *launchDay) nothingLeft(t *testing.T, before []string) {
	t.Helper()
	eventually(t, "the launch has left nothing", func() bool {
		return !slices.ContainsFunc(d.users(t), func(name string) bool { return !slices.Contains(before, name) })
	})
}

func TestLaunch(t *testing.T) {
	t.Parallel()
	d := newLaunchDay(t, launchScenario)
	before := d.users(t)
	cached := []string{"connect", "resolve", "registry", "hub user", "spawn request", "container start", "route", "server up", "kernel start", "kernel computes", "shutdown"}
	built := []string{"connect", "resolve", "build queue", "fetch", "build", "push", "registry", "server up", "kernel start", "kernel computes", "shutdown"}
	for name, test := range map[string]struct {
		args []string
		want []string // some stages, in order
	}{
		"through the tunnel":        {nil, cached},
		"by its URL":                {[]string{"--binder-url", d.binder}, cached},
		"built, through the tunnel": {[]string{"--fresh"}, built},
		"built, by its URL":         {[]string{"--fresh", "--binder-url", d.binder}, built},
	} {
		t.Run(name, func(t *testing.T) { //nolint:paralleltest // what is left counts
			r := d.run(t, append([]string{"launch", "test", cachedRepo, "-o", "json"}, test.args...)...).exits(0)
			got := launched(r)
			if got.Result != "ok" || !got.Computed || got.Language != "python" || got.Cleanup != "" || got.Built != slices.Contains(test.args, "--fresh") {
				r.failf("the launch is not as it should be: %+v", got)
			}
			next := 0
			for i, stage := range got.Stages {
				if next < len(test.want) && stage.Stage == test.want[next] {
					next++
				}
				if stage.Ended.Before(stage.Began) || i > 0 && !stage.Began.Equal(got.Stages[i-1].Ended) {
					r.failf("%s began at %s and ended at %s", stage.Stage, stage.Began, stage.Ended)
				}
			}
			// A fast machine may skip what took no time at all.
			if missing := test.want[next:]; len(missing) > 0 {
				r.failf("%q are not there in this order: %q", missing, got.stages())
			}
			d.nothingLeft(t, before)
		})
	}
	d.endsAnIncident(t, before)
	d.run(t, "launch", "test", cachedRepo).exits(0).prints(`^ok in `).says(`kernel start`)
	d.run(t, "launch", "test", cachedRepo, "--count", "6", "--concurrency", "3").exits(0).
		prints(`^6 +ok `).prints(`^c connect, .*\* kernel; the shutdown is left out$`).prints(`^kernel computes +6 +0 `).says(`^6 of 6: ok in `)
	d.nothingLeft(t, before)
	d.federated(t)
	d.nothingLeft(t, before)
	t.Run("watched", d.watched) //nolint:paralleltest // what breaks meanwhile breaks for all
}

// federated launches through the redirector of a federation, from each of its
// members, and from members that are named.
func (d *launchDay) federated(t *testing.T) {
	t.Helper()
	members := []string{d.binder, d.member}
	r := d.run(t, "launch", "test", cachedRepo, "--binder-url", d.redirector, "-o", "json").exits(0)
	if got := launched(r); !slices.Contains(members, got.Answered) {
		r.failf("it answered %q, which is none of %q", got.Answered, members)
	}
	for name, args := range map[string][]string{
		"all":   {"--binder-url", d.redirector, "--member", "all"},
		"named": {"--members", "a=" + d.binder, "--members", "b=" + d.member, "--member", "a,b"},
	} {
		r := d.run(t, append([]string{"launch", "test", cachedRepo, "-o", "json"}, args...)...).exits(0)
		var answered []string
		for _, launch := range launches(r, len(members)) {
			answered = append(answered, launch.Answered)
		}
		if slices.Sort(answered); !slices.Equal(answered, slices.Sorted(slices.Values(members))) {
			r.failf("%s: there answered %q, want %q", name, answered, members)
		}
	}
}

// Ctrl-C while a server comes up, and while its kernel does: it is stopped all the
// same.
func TestLaunchInterrupted(t *testing.T) {
	t.Parallel()
	slow := strings.NewReplacer("  start: 100ms", "  start: 2s", "kernelStart: 100ms", "kernelStart: 1m", "launchTimeout: 4s", "launchTimeout: 1m")
	d := newLaunchDay(t, slow.Replace(launchScenario))
	before := d.users(t)
	for i, stage := range []string{"schedule", "server up"} { // after which it is interrupted
		t.Run("after "+stage, func(t *testing.T) { //nolint:paralleltest // what is left counts
			r := d.start(t, nil, "launch", "test", cachedRepo, "-o", "json")
			eventually(t, "the launch has come so far", func() bool { return d.recorded(t, i+1, stage) })
			r.interrupt()
			done := r.wait().exits(130)
			got := launched(done)
			if got.Result != "stopped" || got.Cleanup != "" || got.Server == "" {
				done.failf("it was not stopped as it should be")
			}
			d.nothingLeft(t, before)
		})
	}
	term := startOnTerminal(t, d.operator, "launch", "test", cachedRepo)
	term.until(`kernel start \d+\.\d s  \| Server ready at`) // the live view
	term.types(ctrlC)
	term.exits(130)
	if shown := term.shown(); !strings.Contains(shown, "stopping, and ending the servers") || !strings.Contains(shown, "stopped at kernel start after") {
		t.Errorf("it does not say that it stops:\n%s", shown)
	}
	d.nothingLeft(t, before)
	d.stopsACheck(t, before)
}

// span is a stage of a launch, counted from 1, that is over.
type span struct {
	Launch int
	Stage  string
}

// spans is the stand-in's own record of launches.
func (d *launchDay) spans(t *testing.T) []span {
	t.Helper()
	var spans []span
	for line := range strings.Lines(readFile(t, filepath.Join(d.dir, "launches.ndjson"))) {
		var s span
		if err := json.Unmarshal([]byte(line), &s); err == nil { // the last may be half written
			spans = append(spans, s)
		}
	}
	return spans
}

// recorded reports whether a stage of a launch is over.
func (d *launchDay) recorded(t *testing.T, launch int, stage string) bool {
	t.Helper()
	return slices.Contains(d.spans(t), span{launch, stage})
}

// launches is how many have begun.
func (d *launchDay) launches(t *testing.T) int {
	t.Helper()
	most := 0
	for _, s := range d.spans(t) {
		most = max(most, s.Launch)
	}
	return most
}
