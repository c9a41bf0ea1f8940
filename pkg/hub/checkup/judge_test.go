package checkup

import (
	"strings"
	"testing"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/hub/hublog"
)

// now is when all of these Hubs were looked at.
func now() time.Time { return time.Date(2026, 11, 20, 21, 30, 0, 0, time.UTC) }

// ordinary is a Hub on an ordinary day: a restart two days ago, a launch that
// failed for its image, an orphan, two ghosts of pods that somebody has just
// deleted.
func ordinary() *Evidence {
	e := newEvidence()
	e.At = now()
	e.Settings = hub.Settings{StartTimeout: 5 * time.Minute, MaxAge: 6 * time.Hour, CullEvery: 11 * time.Minute, Culls: true, FailureLimit: 5, Read: true}
	e.Pod = Pod{
		Seen: true, Name: "hub-5d8b-x", Phase: "Running", Ready: true, Restarts: 1, Began: now().Add(-48 * time.Hour),
		Death: &cluster.Death{Reason: "OOMKilled", ExitCode: 137, Ended: now().Add(-48 * time.Hour)},
	}
	e.Service = Service{Seen: true, Name: "hub", Leads: true}
	e.API = API{Seen: true, Answers: true, Version: "5.3.0", Seconds: []float64{0.2, 0.01, 0.01}}
	e.Servers = Servers{Total: 200, Ready: 195, Starting: 3, Stopping: 2}
	e.Pods = Pods{Seen: true, Total: 201, Running: 198, Pending: 3}
	e.Drift.Seen, e.Drift.Judged, e.Drift.Known = true, 190, 189
	e.Drift.Certain[hub.Orphan], e.Drift.Possible[hub.Ghost] = 1, 2
	e.Lag = Lag{Seen: now().Add(-20 * time.Second)}
	e.Counts = &hub.Counts{Started: 900, Failed: 30, Stopped: 890, StopFailed: 4}
	e.Log = logOf(started("21:00:01"), `[W 2026-11-20 21:05:00.000 JupyterHub user:824] a's server failed to start in 300 seconds, giving up.
[E 2026-11-20 21:05:00.100 JupyterHub gen:630] Exception in Future <Task exception=TimeoutError('pod ns/jupyter-a did not start in 300 seconds!')>
[I 2026-11-20 21:05:01.000 JupyterHub log:186] 500 GET /hub/api/users/a/server/progress (binder@10.0.0.1) 300000.00ms`, started("21:06:00"), started("21:20:00"), started("21:29:00"))
	e.LogFrom = "pod hub-5d8b-x"
	return e
}

func started(clock string) string {
	return "[I 2026-11-20 " + clock + ".000 JupyterHub base:963] User b took 4.2 seconds to start"
}

func logOf(lines ...string) *hublog.Log {
	log, err := hublog.Scan(strings.NewReader(strings.Join(lines, "\n")), time.Time{})
	if err != nil {
		panic(err)
	}
	return log
}

// The logs of the incidents, as their reports show them.
const (
	log2017 = `binder-testing-xyz's server failed to start in 300 seconds, giving up
400 DELETE /hub/api/users/binder-testing-chcr2h3j (1.2.3.4): binder-testing-chcr2h3j's server is in the process of stopping, please wait.
2017-09-29 00:46:54,810 WARNING Retrying (Retry(total=2, connect=None)) after connection broken
[E 2017-09-29 00:46:54.814 JupyterHub reflector:113] Error when watching pods, retrying in 25.6s`
	log2018 = `2018-07-07 18:32:27.000 CEST
TimeoutError: pod/jupyter-ipython-2dipython-2din-2ddepth-... did not disappear in 300 seconds!
2018-07-07 18:34:04.000 CEST
TimeoutError: pod/jupyter-bokeh-2dbokeh-2dnotebooks-... did not start in 300 seconds!
2018-07-07 18:38:35.000 CEST
[W 2018-07-07 16:38:35.506 JupyterHub spawner:1476] No pod jupyter-ipython-2dipython-2din-2ddepth-... to delete. Assuming already deleted.`
	logDead = `[E 2026-11-20 21:06:32.472 JupyterHub reflector:379] Watching resources never recovered, giving up
[E 2026-11-20 21:06:37.517 JupyterHub reflector:379] Watching resources never recovered, giving up`
	logAbort = `[W 2026-11-20 21:28:04.591 JupyterHub base:1030] 4 consecutive spawns failed.  Hub will exit if failure count reaches 5 before succeeding
[C 2026-11-20 21:29:04.591 JupyterHub base:1042] Aborting due to 5 consecutive spawn failures`
)

// fails is a log in which launches fail.
func fails(user string) string {
	return "[W 2026-11-20 21:25:49.454 JupyterHub user:824] " + user + "'s server failed to start in 300 seconds, giving up."
}

// TestVerdicts judges the incidents, the faults that a Hub can have, and what can
// be seen of it.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change  func(*Evidence)
		verdict Verdict
		says    string // is in the reason
	}{
		"an ordinary day": {func(*Evidence) {}, Healthy, ""},

		"2017-09-29, the log":       {func(e *Evidence) { *e = *OfLog(logOf(log2017), "f") }, Blind, "no longer sees its pods"},
		"2018-07-08, the log":       {func(e *Evidence) { *e = *OfLog(logOf(log2018), "f") }, Blind, "no longer sees its pods"},
		"a reflector that gave up":  {func(e *Evidence) { e.Log, e.Lag.Seen = logOf(started("21:00:00"), logDead), now().Add(-30*time.Minute) }, Blind, "gave up at 21:06:32 UTC, 23m ago"},
		"and nobody launched since": {func(e *Evidence) { *e = *OfLog(logOf(logDead), "f") }, Blind, "gave up"},
		"one that gave up, and pods that prove it": {func(e *Evidence) {
			e.Log, e.Lag = logOf(logDead), Lag{Seen: now().Add(-40 * time.Minute), Waiting: 4, Since: now().Add(-20 * time.Minute)}
		}, Blind, "4 pods became ready within 20m and the Hub has not noticed; the last it took in became ready 40m ago"},
		"one that gave up, and pods that prove otherwise": {func(e *Evidence) { e.Log = logOf(logDead) }, Healthy, ""},
		"blind by the API alone": {func(e *Evidence) {
			e.Log, e.Lag = nil, Lag{Seen: now().Add(-40 * time.Minute), Waiting: 3, Since: now().Add(-20 * time.Minute)}
		}, Blind, "3 pods became ready"},
		"two pods overlooked may be lost otherwise": {func(e *Evidence) { e.Lag.Waiting, e.Lag.Since = 2, now().Add(-2*time.Minute) }, Healthy, ""},
		"a start that the Hub does not see through": {func(e *Evidence) { e.Lag.Waiting, e.Lag.Starts, e.Lag.Since = 1, 1, now().Add(-2*time.Minute) }, Degraded, "behind"},
		"the events' reflector alone":               {func(e *Evidence) { e.Log = logOf(logDead, started("21:20:00")) }, Degraded, "watching events"},

		"stops that never end": {func(e *Evidence) { e.Drift.Possible[hub.Stuck] = 12 }, Stuck, "12 of 200 servers"},
		"one that never ends":  {func(e *Evidence) { e.Drift.Certain[hub.Stuck] = 1 }, Degraded, "1 of 200 servers"},
		"two stops under way":  {func(e *Evidence) { e.Drift.Possible[hub.Stuck] = 2 }, Healthy, ""},
		"no server starts":     {func(e *Evidence) { e.Log = logOf(fails("a"), fails("b"), fails("c")); e.Lag = Lag{} }, Stuck, "no server starts"},
		"a third of them fail": {func(e *Evidence) {
			e.Log = logOf(fails("a"), fails("b"), fails("c"), started("21:26:00"), started("21:26:00"), started("21:27:00"))
		}, Degraded, "3 of 6 starts failed"},
		"near the limit": {func(e *Evidence) { e.Log = logOf(started("21:00:00"), strings.Split(logAbort, "\n")[0]) }, Degraded, "at 5 the Hub ends itself"},
		"stops that failed": {func(e *Evidence) {
			for _, pod := range []string{"a", "b", "c"} {
				lost := logOf("[E 2026-11-20 21:04:02.099 JupyterHub spawner:3483] Pod n/" + pod + " did not disappear, restarting pod reflector")
				e.Log.Found = append(e.Log.Found, lost.Found...)
			}
			e.Log.Found[len(e.Log.Found)-3].Distinct = 3
		}, Degraded, "probably orphans"},

		"a database lost": {func(e *Evidence) {
			e.Drift.Known, e.Drift.Certain[hub.Orphan], e.Servers = 0, 190, Servers{}
			e.Settings.Database = "sqlite-memory"
		}, Degraded, "the Hub knows none of 190 user pods: its database is new or was lost (sqlite-memory), or it was blind while they started"},
		"and it knows a few again": {func(e *Evidence) { e.Drift.Known, e.Drift.Certain[hub.Orphan] = 10, 180 }, Degraded, "knows only 10 of 190"},
		"many orphans":             {func(e *Evidence) { e.Drift.Certain[hub.Orphan] = 30 }, Degraded, "30 unknown to the Hub"},
		"many ghosts":              {func(e *Evidence) { e.Drift.Possible[hub.Ghost] = 30 }, Degraded, "30 gone that the Hub believes in"},
		"a culler asleep":          {func(e *Evidence) { e.Drift.Certain[hub.Overdue] = 2 }, Degraded, "2 servers older than 6h16m"},

		"slow":                 {func(e *Evidence) { e.API.Seconds = []float64{2.5, 4, 5} }, Degraded, "slow: it takes 4.0 s"},
		"one slow answer":      {func(e *Evidence) { e.API.Seconds = []float64{6, 0.01, 0.01} }, Healthy, ""},
		"some questions fail":  {func(e *Evidence) { e.API.Failed, e.API.Trouble = 1, "the Hub says 500" }, Degraded, "1 of 4 questions"},
		"every one fails":      {func(e *Evidence) { mute(e); e.API.Code, e.API.Trouble = 500, "the Hub says 500" }, Down, "fails at every question: the Hub says 500"},
		"too many requests":    {func(e *Evidence) { mute(e); e.API.Code, e.API.Trouble = 429, "the Hub says 429" }, Degraded, "for want of time"},
		"the list alone fails": {func(e *Evidence) { e.Drift.Seen, e.API.List = false, "the Hub says 500" }, Degraded, "does not list its servers"},
		"nobody listens":       {func(e *Evidence) { mute(e); e.API.Trouble = "no answer within 10s" }, Down, "no answer within 10s"},
		"nobody answers":       {func(e *Evidence) { mute(e); e.API.Hangs, e.API.Trouble = true, "no answer within 10s" }, Down, "the Hub hangs: no answer within 10s"},
		"held up for long":     {func(e *Evidence) { e.Log.Stalls = hublog.Stalls{Count: 1, Longest: 15, Last: now()} }, Degraded, "held up 1 time"},
		"held up for a moment": {func(e *Evidence) { e.Log.Stalls = hublog.Stalls{Count: 2, Longest: 3, Last: now()} }, Healthy, ""},
		"requests that fail":   {func(e *Evidence) { e.Log.Requests = hublog.Requests{Count: 400, Failed: 60} }, Degraded, "60 of 400 requests failed"},
		"no pod":               {func(e *Evidence) { mute(e); e.Pod = Pod{Seen: true} }, Down, "there is no hub pod"},
		"a pod without a place": {func(e *Evidence) {
			mute(e)
			e.Pod.Phase, e.Pod.Ready, e.Pod.Message = "Pending", false, "0/3 nodes are available: 3 Insufficient memory."
		}, Down, "Pending: 0/3 nodes"},
		"too many failures in a row": {func(e *Evidence) {
			mute(e)
			e.Pod.Ready, e.Pod.Waiting, e.Log = false, "CrashLoopBackOff", logOf(logAbort)
		}, Down, "not ready (CrashLoopBackOff): the Hub ends itself after 5 failed launches in a row"},
		"a crash": {func(e *Evidence) {
			mute(e)
			e.Pod.Ready, e.Pod.Waiting, e.Pod.Death = false, "CrashLoopBackOff", &cluster.Death{Reason: "Error", ExitCode: 1, Ended: now().Add(-time.Minute)}
		}, Down, "ended 60s ago: Error, exit code 1"},
		"not ready, though it answers": {func(e *Evidence) { e.Pod.Phase, e.Pod.Ready = "Running", false }, Down, "asked directly, its API answers: it is the readiness probe that fails"},
		"not ready, and silent": {func(e *Evidence) {
			mute(e)
			e.Pod.Phase, e.Pod.Ready, e.API.Hangs = "Running", false, true
		}, Down, "is not ready (Running)"},
		"a crash that is over": {func(e *Evidence) {
			e.Pod.Began, e.Pod.Death = now().Add(-10*time.Minute), &cluster.Death{Reason: "OOMKilled", ExitCode: 137, Ended: now().Add(-10 * time.Minute)}
		}, Degraded, "runs again for 10m: its container ended 10m ago: OOMKilled"},
		"no Service": {func(e *Evidence) { e.Service = Service{Seen: true} }, Down, "no Service leads to the hub pod"},

		"no API, a log that shows servers starting": {func(e *Evidence) { hideAPI(e) }, Healthy, ""},
		"no log, an API that agrees with the pods":  {func(e *Evidence) { e.Log = nil; e.Miss("the Hub's log", errMute) }, Healthy, ""},
		"an API that may not list, and no log":      {func(e *Evidence) { e.Log, e.Drift.Seen, e.Lag = nil, false, Lag{} }, Unknown, "the Hub's servers were not compared with the pods; the log was not read"},
		"a log without launches, and no API": {func(e *Evidence) {
			hideAPI(e)
			e.Log = logOf("[I 2026-11-20 21:00:00.000 JupyterHub log:186] 200 GET /hub/api (x@1.2.3.4) 1ms")
		}, Unknown, "no server started within the log"},
		"a pod that is ready, and nothing else": {func(e *Evidence) { hideAPI(e); e.Log = nil }, Unknown, "the API was not asked"},
		"nobody listens, and the log tells":     {func(e *Evidence) { mute(e); e.API.Trouble = "refused"; e.Log = logOf(logDead) }, Down, "refused"},
	} {
		e := ordinary()
		tc.change(e)
		report := Judge(e)
		if report.Verdict != tc.verdict || !strings.Contains(report.Reason, tc.says) {
			t.Errorf("%s: %s, want %s with %q\n%s\n%+v", name, report.Verdict, tc.verdict, tc.says, report.Reason, report.Checks)
		}
	}
}

// mute takes away what the Hub's API told.
func mute(e *Evidence) {
	e.API = API{Seen: true}
	e.Servers, e.Drift, e.Lag, e.Counts = Servers{}, newEvidence().Drift, Lag{}, nil
}

// hideAPI has the API not asked at all.
func hideAPI(e *Evidence) {
	mute(e)
	e.API.Seen = false
}

// TestBlank tells that nothing was learnt from that little was.
func TestBlank(t *testing.T) {
	t.Parallel()
	e := newEvidence()
	if !e.Blank() {
		t.Error("nothing was seen")
	}
	if e.Pod.Seen = true; e.Blank() {
		t.Error("that there is no hub pod is something")
	}
}
