package checkup

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/binderctl/binderctl/pkg/hub"
)

// slowSeconds is from when on an answer is slow. BinderHub's own check of the
// Hub gives up after 3 s, and a Hub at ease answers in 10 ms.
const slowSeconds = 2

func checkAPI(e *Evidence) (Check, bool) {
	a := e.API
	switch {
	case !a.Seen:
		return unseen(ByAPI, "not asked")
	case !a.Answers && e.Pod.RunsUnready():
		return note(ByAPI, sentence("asked directly, it does not answer either", a.Trouble))
	case !a.Answers && e.Pod.Seen && !e.Pod.Ready:
		return note(ByAPI, "nobody to ask: no hub pod is ready")
	case !a.Answers && a.Code == http.StatusTooManyRequests:
		return bad(ByAPI, Degraded, "the API refuses every question for want of time: "+a.Trouble)
	case !a.Answers && a.Code != 0:
		return bad(ByAPI, Down, "the API fails at every question: "+a.Trouble)
	case !a.Answers && a.Hangs:
		return bad(ByAPI, Down, sentence("the Hub hangs", a.Trouble))
	case !a.Answers:
		return bad(ByAPI, Down, sentence("the API cannot be asked", a.Trouble))
	case a.Failed > 0:
		return bad(ByAPI, Degraded, sentence(fmt.Sprintf("%d of %d questions to the API failed", a.Failed, a.Failed+len(a.Seconds)), a.Trouble))
	case a.List != "":
		return bad(ByAPI, Degraded, "the API answers, and does not list its servers: "+a.List)
	case a.typical() >= slowSeconds:
		return bad(ByAPI, Degraded, fmt.Sprintf("the API is slow: it takes %.1f s to tell its version; BinderHub gives up after 3 s", a.typical()))
	default:
		return ok(ByAPI, fmt.Sprintf("JupyterHub %s answers in %s", a.Version, milliseconds(a.typical())))
	}
}

// typical is the median of the answers' times.
func (a API) typical() float64 {
	if len(a.Seconds) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(a.Seconds))
	return sorted[len(sorted)/2]
}

func milliseconds(seconds float64) string {
	if seconds >= 1 {
		return fmt.Sprintf("%.1f s", seconds)
	}
	return fmt.Sprintf("%.0f ms", max(1, 1000*seconds))
}

// A share of the servers, and no fewer than so many, has to be stuck for the Hub
// to be: one server that is stuck is no Hub's end.
const (
	stuckShare = 20
	stuckLeast = 3
)

func checkServers(e *Evidence) (Check, bool) {
	if !e.Drift.Seen {
		return unseen(ByServers, "not listed")
	}
	s := e.Servers
	states := fmt.Sprintf("%s: %d ready, %d starting, %d stopping", times(s.Total, "server"), s.Ready, s.Starting, s.Stopping)
	if s.Checking > 0 {
		states += fmt.Sprintf(", %d being checked", s.Checking)
	}
	switch stuck := e.Drift.count(hub.Stuck); {
	case stuck == 0:
		return ok(ByServers, states)
	case stuck >= stuckLeast && stuck*stuckShare >= s.Total:
		return bad(ByServers, Stuck, fmt.Sprintf("%d of %s starting or stopping without end", stuck, times(s.Total, "server")))
	default:
		return bad(ByServers, Degraded, fmt.Sprintf("%d of %s starting or stopping without end", stuck, times(s.Total, "server")))
	}
}

// Of every hundred pods one may be lost on an ordinary day, and three at any time:
// a stop fails now and then.
const (
	lostShare = 100
	lostLeast = 3
)

func checkDrift(e *Evidence) (Check, bool) {
	d := e.Drift
	if !d.Seen {
		return unseen(ByDrift, "pods and servers were not compared")
	}
	var parts []string
	serious := 0
	for _, class := range []hub.Class{hub.Orphan, hub.Ghost, hub.Unrouted, hub.NeverClaimed} {
		n := d.count(class)
		if n == 0 {
			continue
		}
		parts = append(parts, describe(class, n))
		if class != hub.NeverClaimed { // a waste of room, but what the culler is for
			serious = max(serious, n)
		}
	}
	says := fmt.Sprintf("%s and %s agree", times(e.Pods.Total, "user pod"), times(e.Servers.Total, "server"))
	if len(parts) > 0 {
		says = fmt.Sprintf("of %s: %s", times(e.Pods.Total, "user pod"), strings.Join(parts, ", "))
	}
	switch {
	case serious > lostLeast && serious*lostShare > e.Pods.Total:
		return bad(ByDrift, Degraded, says)
	case len(parts) > 0:
		return note(ByDrift, says)
	default:
		return ok(ByDrift, says)
	}
}

func describe(class hub.Class, n int) string {
	switch class {
	case hub.Orphan:
		return fmt.Sprintf("%d unknown to the Hub (orphans)", n)
	case hub.Ghost:
		return fmt.Sprintf("%d gone that the Hub believes in (ghosts)", n)
	case hub.Unrouted:
		return fmt.Sprintf("%d that the proxy does not lead to", n)
	default:
		return fmt.Sprintf("%d ready too late for anybody to use", n)
	}
}

// checkDatabase finds a Hub that has lost its memory.
func checkDatabase(e *Evidence) (Check, bool) {
	d := e.Drift
	switch {
	case !d.Seen, d.Judged < hub.EnoughToTell, !hub.LostSight(d.Known, d.Judged), e.overlooks():
		return none()
	case d.Known == 0:
		return bad(ByDatabase, Degraded, fmt.Sprintf("the Hub knows none of %d user pods: its database is new or was lost (%s), or it was blind while they started", d.Judged, e.Settings.Database))
	default:
		return bad(ByDatabase, Degraded, fmt.Sprintf("the Hub knows only %d of %d user pods: it was blind for long, or its database was lost", d.Known, d.Judged))
	}
}

func checkCuller(e *Evidence) (Check, bool) {
	limits := e.Settings.Limits()
	overdue := e.Drift.count(hub.Overdue)
	last := ""
	if e.Log != nil && !e.Log.LastCull.IsZero() {
		last = "; it last culled " + ago(e.At, e.Log.LastCull) + " ago"
	}
	switch {
	case !e.Drift.Seen || !e.Settings.Read:
		return none()
	case !e.Settings.Culls:
		return note(ByCuller, "there is none: servers run until somebody stops them")
	case overdue > 0:
		return bad(ByCuller, Degraded, fmt.Sprintf("the culler is asleep: %s older than %s, which it should have stopped%s",
			times(overdue, "server"), short(limits.MaxAge), last))
	case limits.MaxAge == 0:
		return ok(ByCuller, "culls by idleness alone"+last)
	default:
		return ok(ByCuller, fmt.Sprintf("no server is older than %s%s", short(limits.MaxAge), last))
	}
}
