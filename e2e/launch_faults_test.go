package e2e

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

// sickLaunchNodes are two of which users get the one that is sick and says Ready.
const sickLaunchNodes = `nodes:
- {pool: core, count: 1, allocatable: {cpu: "8", memory: 52Gi, pods: 110}, age: 1d}
- pool: user
  count: 1
  labels: {hub.jupyter.org/node-purpose: user}
  allocatable: {cpu: "8", memory: 52Gi, pods: 110}
  age: 1d
  conditions: [{type: KernelDeadlock, status: "True", reason: DockerHung, message: a task is blocked, for: 20m}]`

// launchFault is what a fault of the game day makes of a launch.
type launchFault struct {
	name         string
	args         []string
	stage, cause string
	result       string // "failed" by default
	pod          string // how the name of the pod begins of which the cluster tells; "" if it tells of none
	event        string // a reason of an event of that pod
	left         bool   // it is said that the server may still run
	book         string // the runbook that is named; sick-node for what is on that node
}

func launchFaults() []launchFault {
	const user = "jupyter-"
	up := []string{"--stage-timeout", "server-up=2s", "--stage-timeout", "shutdown=2s"}
	return []launchFault{
		{name: "resolve-fails", stage: "resolve", cause: "unknown ref"},
		{name: "github-limit", stage: "resolve", cause: "GitHub rate limit"},
		{name: "fetch-fails", args: []string{"--fresh"}, stage: "fetch", cause: "build failed"},
		{name: "build-fails", args: []string{"--fresh"}, stage: "build", cause: "build failed"},
		{name: "push-fails", args: []string{"--fresh"}, stage: "push", cause: "build failed"},
		{name: "build-hangs", args: []string{"--fresh", "--stage-timeout", "build=1s"}, stage: "build", cause: "stage too long", result: "timeout", pod: "build-", event: "Started"},
		{name: "build-queue-stuck", args: []string{"--fresh", "--stage-timeout", "build-queue=1s"}, stage: "build queue", cause: "no node", pod: "build-", event: "FailedScheduling"},
		{name: "hub-user-fails", stage: "hub user", cause: "Hub does not make users", book: "proxy-down"},
		{name: "spawn-fails", stage: "spawn request", cause: "Hub refuses the server", book: "restart-hub"},
		{name: "no-node", stage: "schedule", cause: "no node", pod: user, left: true, book: "cluster-full"},
		{name: "pull-fails", stage: "image pull", cause: "image not pulled", pod: user, event: "Failed", left: true},
		{name: "pull-slow", stage: "image pull", cause: "spawn too slow", pod: user, event: "Pulling", left: true},
		{name: "route-missing", args: up, stage: "server up", cause: "no route to the server", pod: user, left: true},
		{name: "server-silent", args: up, stage: "server up", cause: "server silent", pod: user, left: true},
		{name: "kernel-dies", stage: "kernel computes", cause: "kernel died", pod: user},
		{name: "kernel-wrong-answer", stage: "kernel computes", cause: "wrong answer", pod: user},
		{name: "shutdown-ignored", args: []string{"--stage-timeout", "shutdown=1s"}, stage: "shutdown", cause: "server not gone", left: true},
		{name: "quota-total", stage: "registry", cause: "total quota", result: "refused"},
		{name: "quota-repo", stage: "registry", cause: "repository quota", result: "refused", book: "traffic-spike"},
		{name: "rate-limit", stage: "connect", cause: "rate limit", result: "refused"},
		{name: "front-502", stage: "connect", cause: "bad gateway", book: "proxy-down"},
		{name: "front-503", stage: "connect", cause: "bad gateway"},
		{name: "front-504", stage: "connect", cause: "bad gateway"},
		{name: "front-redirect-loop", stage: "connect", cause: "redirect loop"},
		{name: "stream-cut", args: []string{"--binder-url", "URL"}, stage: "hub user", cause: "broken off", left: true},
	}
}

// stalled is a stream that says nothing any more. The server that may come up
// behind it is waited for, for half a minute.
func stalled() launchFault {
	return launchFault{name: "stream-stalls", args: []string{"--timeout", "2s"}, stage: "hub user", cause: "launch too long", result: "timeout", left: true}
}

// Whatever breaks is named, with its stage, and nothing is left but what is said
// to be.
func TestLaunchFaults(t *testing.T) {
	t.Parallel()
	d := newLaunchDay(t, replaceFirst(t, launchScenario, launchNodes, sickLaunchNodes))
	patient := stalled()
	d.fault(t, patient.name, "on")
	waiting := d.start(t, nil, patient.call(d)...)
	eventually(t, "its stream has stalled", func() bool { return d.recorded(t, 1, "container start") })
	d.fault(t, patient.name, "off")

	for _, fault := range launchFaults() {
		t.Run(fault.name, func(t *testing.T) { //nolint:paralleltest // one fault at a time
			before := d.users(t)
			d.fault(t, fault.name, "on")
			r := d.run(t, fault.call(d)...)
			d.fault(t, fault.name, "off")
			if fault.judge(r); !fault.left {
				d.nothingLeft(t, before)
			}
		})
	}
	d.crashes(t)
	d.run(t, "launch", "test", cachedRepo).exits(0) // all is well again
	patient.judge(waiting.wait())
}

// crashes tells a person of a container that crashes: with what is seen of it, and
// of its node.
func (d *launchDay) crashes(t *testing.T) {
	t.Helper()
	d.fault(t, "container-crashes", "on")
	d.run(t, "launch", "test", cachedRepo).exits(3).
		prints(`^failed at container start after .*: the container does not start: .*; container notebook ended: Error 1$`).
		prints(`^  pod jupyter-\S+ on user-0: Failed$`).prints(`^    container notebook: has ended: Error 1$`).prints(`^    Normal Started: `).
		prints(`^  node user-0 is unhealthy, suspicion \S+: kernel-problem`).
		says(`^hint: keep new pods off the node: binderctl nodes cordon user-0 `)
	d.fault(t, "container-crashes", "off")
}

// call is how it is launched while the fault holds.
func (f *launchFault) call(d *launchDay) []string {
	args := append([]string{"launch", "test", cachedRepo, "-o", "json"}, f.args...)
	if at := slices.Index(args, "URL"); at >= 0 {
		args[at] = d.binder
	}
	return args
}

// judge checks what a launch came to.
func (f *launchFault) judge(r *result) {
	r.t.Helper()
	r.exits(3)
	got := launched(r)
	if want := cmp.Or(f.result, "failed"); got.Failure == nil || got.Result != want || got.Failure.Stage != f.stage || got.Failure.Cause != f.cause {
		r.failf("it is not %s in %s by %s", want, f.stage, f.cause)
	}
	if f.pod != "" && (got.Evidence == nil || !strings.HasPrefix(got.Evidence.Pod, f.pod)) {
		r.failf("the cluster told nothing of the pod")
	}
	if f.pod != "" && got.Evidence.Node != "" && !got.onTheSickNode() {
		r.failf("its node is not suspected")
	}
	if f.event != "" && !got.tells(f.event) {
		r.failf("there is no event %s among the evidence", f.event)
	}
	if f.book != "" {
		r.says(`runbook show ` + f.book + `$`)
	} else if f.pod != "" && got.Evidence.Node != "" {
		r.says(`runbook show sick-node$`)
	}
	if f.left != (got.Cleanup != "") {
		r.failf("cleanup: %q", got.Cleanup)
	}
}

// onTheSickNode reports whether the launch's pod was on the sick node, and that
// was called unhealthy.
func (l *launchDoc) onTheSickNode() bool {
	suspicion := l.Evidence.Suspicion
	return l.Evidence.Node == "user-0" && suspicion != nil && suspicion.Unhealthy
}

// tells reports whether the cluster told of an event of the launch's pod.
func (l *launchDoc) tells(reason string) bool {
	for _, event := range l.Evidence.Events {
		if event.Reason == reason {
			return true
		}
	}
	return false
}
