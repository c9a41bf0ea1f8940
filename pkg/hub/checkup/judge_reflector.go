package checkup

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/binderctl/binderctl/pkg/hub/hublog"
)

// lagLeast is how many pods the Hub has to have overlooked for it to be blind:
// one or two may have been lost in other ways, or their servers do not answer.
const lagLeast = 3

// overlooks reports whether pods become ready and the Hub takes none of them in.
func (e *Evidence) overlooks() bool {
	return e.Lag.Waiting >= lagLeast && (e.Log == nil || !e.Log.Spawns.Last.After(e.Lag.Since))
}

// checkReflector tells whether the Hub sees its pods: by its log, and by what it
// makes of pods that became ready.
func checkReflector(e *Evidence) (Check, bool) {
	byLog, dead := e.deadByLog()
	behind := e.behind()
	switch {
	case dead && e.Lag.Waiting == 0 && e.sawSince(e.Log.Reflector("pods").Died):
		return note(ByReflector, byLog+"; but the Hub has taken in a pod since")
	case dead && e.Lag.Waiting > 0:
		return bad(ByReflector, Blind, byLog+"; "+behind)
	case dead:
		return bad(ByReflector, Blind, byLog)
	case e.overlooks():
		return bad(ByReflector, Blind, "the Hub no longer sees its pods: "+behind)
	case e.Lag.Starts > 0:
		return bad(ByReflector, Degraded, "the Hub is behind: "+behind)
	case e.Log != nil && e.Log.Reflector("events").Dead:
		return bad(ByReflector, Degraded, "KubeSpawner has stopped watching events: launches work, and tell nothing on the way")
	case !e.Lag.Seen.IsZero():
		return ok(ByReflector, fmt.Sprintf("the Hub sees its pods: it took in the newest, ready %s ago", ago(e.At, e.Lag.Seen)))
	case e.Log != nil && e.Log.Spawns.Count > 0:
		return ok(ByReflector, fmt.Sprintf("the Hub sees its pods: a server started %s ago", ago(e.At, e.Log.Spawns.Last)))
	default:
		return unseen(ByReflector, "no server has started lately, by which one could tell whether the Hub sees its pods")
	}
}

// sawSince reports whether the Hub has taken in a pod that became ready after
// then.
func (e *Evidence) sawSince(then time.Time) bool {
	return !then.IsZero() && e.Lag.Seen.After(then.Add(overlap))
}

// overlap is by how much the clocks of nodes and of the Hub may differ.
const overlap = 10 * time.Second

// behind says which pods the Hub has overlooked.
func (e *Evidence) behind() string {
	if e.Lag.Waiting == 0 {
		return ""
	}
	says := fmt.Sprintf("%s became ready within %s and the Hub has not noticed", times(e.Lag.Waiting, "pod"), ago(e.At, e.Lag.Since))
	if !e.Lag.Seen.IsZero() {
		says += fmt.Sprintf("; the last it took in became ready %s ago", ago(e.At, e.Lag.Seen))
	}
	return says
}

// lastBackOff is the wait before KubeSpawner's last tries at a watch: from it on
// it was seen to die (25.6 s is the longest).
const lastBackOff = 12.8

// deadByLog says how the log tells that the reflector of the pods is dead, if it
// does.
func (e *Evidence) deadByLog() (how string, dead bool) {
	if e.Log == nil {
		return "", false
	}
	if r := e.Log.Reflector("pods"); r.Dead {
		return "the reflector gave up " + e.logAgo(r.Died) + ": the Hub no longer sees its pods", true
	}
	if signs := e.silentSigns(); len(signs) > 1 {
		return "the Hub no longer sees its pods: " + strings.Join(signs, ", ") + ", and no server has started since", true
	}
	return "", false
}

// silentSigns are the ways in which a reflector that died without a word shows
// itself: each alone has other causes, two of them together have not, if no
// server has started since.
func (e *Evidence) silentSigns() []string {
	since := func(ids ...hublog.ID) (n int) {
		for _, id := range ids {
			n = max(n, e.Log.Of(id).Since)
		}
		return n
	}
	var signs []string
	if n := since(hublog.StartTimeout, hublog.PodStartTimeout); n > 0 {
		signs = append(signs, fmt.Sprintf("%d did not start in time", n))
	}
	if n := since(hublog.StopTimeout, hublog.StopLost); n > 0 {
		signs = append(signs, fmt.Sprintf("%d did not go in time", n))
	}
	if n := since(hublog.AlreadyGone); n > 0 {
		signs = append(signs, fmt.Sprintf("%d not found when they were to be deleted", n))
	}
	if n := since(hublog.StillStopping); n > 0 {
		signs = append(signs, fmt.Sprintf("%d asked to stop while stopping", n))
	}
	if seen := e.Log.Of(hublog.ReflectorError); seen.Since > 0 && seen.Longest >= lastBackOff && len(signs) > 0 {
		signs = append(signs, "the watch of pods failed")
	}
	if revived := e.Log.Reflector("pods").Revived; !revived.IsZero() && e.allBefore(revived) {
		return nil
	}
	return signs
}

// allBefore reports whether the signs of a dead reflector were all before then.
func (e *Evidence) allBefore(then time.Time) bool {
	for _, id := range []hublog.ID{hublog.StartTimeout, hublog.PodStartTimeout, hublog.AlreadyGone, hublog.StillStopping} {
		if e.Log.Of(id).Last.After(then) {
			return false
		}
	}
	return true
}

// logAgo is how long before the evidence a line of the log was.
func (e *Evidence) logAgo(then time.Time) string {
	if then.IsZero() {
		return "at some time"
	}
	return "at " + then.Format("15:04:05") + " UTC, " + ago(e.At, then) + " ago"
}

func short(d time.Duration) string { return duration.HumanDuration(d) }
