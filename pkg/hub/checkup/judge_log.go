package checkup

import (
	"fmt"

	"github.com/binderctl/binderctl/pkg/hub/hublog"
)

const (
	// failedLeast launches have to fail before that is more than bad luck with an
	// image, and failedShare is the part of all from which it is: a fifth.
	failedLeast = 3
	failedShare = 5
	// nearLimit is how many more failures in a row end the Hub when it is time to
	// say so.
	nearLimit = 2
	// fullLeast is how often launches are refused before it is more than a moment.
	fullLeast = 20
)

// checkLaunches tells whether servers start.
func checkLaunches(e *Evidence) (Check, bool) {
	if e.Log == nil {
		return countedLaunches(e)
	}
	l := e.Log
	failed, started := e.failedLaunches(), l.Spawns.Count
	row := l.Failures
	tally := fmt.Sprintf("%d of %s failed", failed, times(failed+started, "start"))
	switch {
	case row.InARow > 0 && row.Limit > 0 && row.InARow >= row.Limit-nearLimit && row.InARow < row.Limit:
		return bad(ByLaunches, Degraded, fmt.Sprintf("%d launches failed in a row: at %d the Hub ends itself", row.InARow, row.Limit))
	case failed >= failedLeast && started == 0:
		return bad(ByLaunches, Stuck, fmt.Sprintf("no server starts: %d launches failed and none succeeded", failed))
	case failed >= failedLeast && failed*failedShare >= failed+started:
		return bad(ByLaunches, Degraded, tally)
	case l.Of(hublog.Full).Count+l.Of(hublog.Throttled).Count >= fullLeast:
		return bad(ByLaunches, Degraded, fmt.Sprintf("%d launches were refused for want of room", l.Of(hublog.Full).Count+l.Of(hublog.Throttled).Count))
	case failed+started == 0:
		return unseen(ByLaunches, "the log tells of none")
	case failed > 0:
		return note(ByLaunches, tally)
	default:
		return ok(ByLaunches, fmt.Sprintf("%s; half of them within %.1f s, lately %.1f s", times(started, "server")+" started", l.Spawns.Median, l.Spawns.Recent))
	}
}

// failedLaunches is how many launches the log says have failed. A launch that is
// given up also has a pod that was not seen to start.
func (e *Evidence) failedLaunches() int {
	gaveUp := max(e.Log.Of(hublog.StartTimeout).Count, e.Log.Of(hublog.PodStartTimeout).Count)
	return gaveUp + e.Log.Of(hublog.HTTPTimeout).Count + e.Log.Of(hublog.Unhandled).Count
}

// countedLaunches is what the metrics tell of launches since the Hub started.
func countedLaunches(e *Evidence) (Check, bool) {
	c := e.Counts
	switch {
	case c == nil:
		return unseen(ByLaunches, "neither log nor metrics were read")
	case c.Failed >= failedLeast && c.Failed*failedShare >= c.Failed+c.Started:
		return bad(ByLaunches, Degraded, fmt.Sprintf("%.0f of %.0f launches failed since the Hub started", c.Failed, c.Failed+c.Started))
	default:
		return ok(ByLaunches, fmt.Sprintf("%.0f of %.0f launches succeeded since the Hub started", c.Started, c.Failed+c.Started))
	}
}

// stopsLeast is how many stops have to fail before that is more than a node's
// bad moment.
const stopsLeast = 3

// checkStops tells whether servers end.
func checkStops(e *Evidence) (Check, bool) {
	if e.Log != nil {
		lost := max(e.Log.Of(hublog.StopLost).Distinct, e.Log.Of(hublog.StopTimeout).Distinct)
		again := e.Log.Of(hublog.StillStopping)
		switch {
		case lost >= stopsLeast:
			return bad(ByStops, Degraded, fmt.Sprintf("%d pods did not go in time and were forgotten: probably orphans", lost))
		case again.Count >= stopsLeast*max(1, again.Distinct):
			return bad(ByStops, Stuck, fmt.Sprintf("%s asked to stop again and again while stopping (%d times)", times(again.Distinct, "user"), again.Count))
		case lost > 0:
			return note(ByStops, times(lost, "pod")+" did not go in time: probably an orphan")
		}
	}
	switch c := e.Counts; {
	case c != nil && c.StopFailed >= stopsLeast && c.StopFailed*failedShare >= c.StopFailed+c.Stopped:
		return bad(ByStops, Degraded, fmt.Sprintf("%.0f of %.0f stops failed since the Hub started: each is probably an orphan", c.StopFailed, c.StopFailed+c.Stopped))
	case c != nil && c.StopFailed > 0:
		return note(ByStops, fmt.Sprintf("%.0f of %.0f stops failed since the Hub started: each is probably an orphan", c.StopFailed, c.StopFailed+c.Stopped))
	default:
		return none()
	}
}

// A Hub that does nothing for ten seconds lets requests fail, and so does one
// that does so again and again.
const (
	stallSeconds = 10
	stallsLeast  = 20
)

func checkEventLoop(e *Evidence) (Check, bool) {
	if e.Log == nil || e.Log.Stalls.Count == 0 {
		return none()
	}
	s := e.Log.Stalls
	says := fmt.Sprintf("the Hub was held up %s, for %.1f s at the most, last %s", times(s.Count, "time"), s.Longest, e.logAgo(s.Last))
	if s.Longest >= stallSeconds || s.Count >= stallsLeast {
		return bad(ByEventLoop, Degraded, says)
	}
	return note(ByEventLoop, says)
}

const (
	// requestsLeast failed requests, and failedRequests in a hundred, make a sick
	// Hub: every failed launch is one, too.
	requestsLeast  = 20
	failedRequests = 5
)

// checkLog tells of what else is in the log.
func checkLog(e *Evidence) (Check, bool) {
	if e.Log == nil {
		return unseen(ByLog, "not read")
	}
	l := e.Log
	switch r := l.Requests; {
	case l.Lines == 0:
		return unseen(ByLog, e.LogFrom+" is empty")
	case r.Failed >= requestsLeast && r.Failed*100 >= r.Count*failedRequests:
		return bad(ByLog, Degraded, fmt.Sprintf("%d of %d requests failed", r.Failed, r.Count))
	case l.Of(hublog.ProxyFailed).Count >= stopsLeast:
		return bad(ByLog, Degraded, fmt.Sprintf("%d servers could not be added to the proxy", l.Of(hublog.ProxyFailed).Count))
	case l.Of(hublog.KubernetesSlow).Count >= stopsLeast:
		return bad(ByLog, Degraded, fmt.Sprintf("Kubernetes was slow or refused, %d times", l.Of(hublog.KubernetesSlow).Count))
	default:
		return ok(ByLog, times(int(l.Lines), "line")+" read")
	}
}
