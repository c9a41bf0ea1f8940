// Package checkup tells how a Hub is. Look gathers evidence from wherever there
// is any, side by side: the Hub's pod and Service, its API, the pods of its users,
// its metrics and its log. Judge makes a verdict of it.
//
// What cannot be seen is evidence too: it is named, it is never fatal, and
// nothing is called healthy for want of sight.
package checkup

import (
	"cmp"
	"slices"
	"strings"
)

// Verdict says how a Hub is.
type Verdict string

// The verdicts, the worst first.
const (
	Down     Verdict = "down"     // it serves nobody
	Blind    Verdict = "blind"    // it no longer sees its pods: nothing starts, nothing ends
	Stuck    Verdict = "stuck"    // servers neither start nor end, for another reason
	Degraded Verdict = "degraded" // it works, and something about it does not
	Unknown  Verdict = "unknown"  // too little could be seen
	Healthy  Verdict = "healthy"
)

// rank orders verdicts, the worst first.
func (v Verdict) rank() int {
	return slices.Index([]Verdict{Down, Blind, Stuck, Degraded, Unknown, Healthy}, v)
}

// State is what came of a check.
type State string

// What can come of a check.
const (
	Bad    State = "bad"
	Note   State = "note"   // worth knowing, and no sickness
	Unseen State = "unseen" // it could not be made
	OK     State = "ok"
)

func (s State) rank() int { return slices.Index([]State{Bad, Note, Unseen, OK}, s) }

// Name names a check.
type Name string

// The checks, in the order of what depends on what.
const (
	ByPod       Name = "pod"
	ByService   Name = "service"
	ByAPI       Name = "api"
	ByReflector Name = "reflector"
	ByServers   Name = "servers"
	ByDrift     Name = "drift"
	ByDatabase  Name = "database"
	ByLaunches  Name = "launches"
	ByStops     Name = "stops"
	ByCuller    Name = "culler"
	ByEventLoop Name = "event-loop"
	ByLog       Name = "log"
)

// Check is one thing that was looked at.
type Check struct {
	Name    Name    `json:"name"`
	State   State   `json:"state"`
	Verdict Verdict `json:"verdict"` // what it would be by this check alone
	Says    string  `json:"says"`
}

// Report is a verdict with its reasons.
type Report struct {
	Verdict Verdict   `json:"verdict"`
	Reason  string    `json:"reason"`
	Checks  []Check   `json:"checks"` // the worst first
	Unseen  []Missing `json:"unseen"`
}

// Judge makes a verdict of evidence. It is the worst of what the checks say; it is
// healthy only if what could be seen suffices for that.
func Judge(e *Evidence) Report {
	var checks []Check
	// Of two that are equally bad the first is the reason.
	made := []func(*Evidence) (Check, bool){
		checkPod, checkService, checkAPI, checkReflector, checkServers, checkDatabase, checkLaunches, checkStops, checkDrift,
		checkCuller, checkEventLoop, checkLog,
	}
	if e.LogOnly {
		made = []func(*Evidence) (Check, bool){checkReflector, checkLaunches, checkStops, checkEventLoop, checkLog}
	}
	for _, check := range made {
		if c, is := check(e); is {
			checks = append(checks, c)
		}
	}
	slices.SortStableFunc(checks, func(a, b Check) int {
		return cmp.Or(a.Verdict.rank()-b.Verdict.rank(), a.State.rank()-b.State.rank())
	})
	report := Report{Verdict: Healthy, Reason: "nothing speaks against it", Checks: checks, Unseen: e.Unseen}
	switch {
	case len(checks) > 0 && checks[0].State == Bad:
		report.Verdict, report.Reason = checks[0].Verdict, checks[0].Says
	case !e.suffices():
		report.Verdict, report.Reason = Unknown, "what could be seen does not tell: "+strings.Join(e.wanting(), "; ")
	}
	return report
}

// suffices reports whether enough was seen to call a Hub healthy: that its API
// answers and agrees with the pods, or that its log shows servers starting.
func (e *Evidence) suffices() bool {
	return e.API.Answers && e.Drift.Seen || e.Log != nil && e.Log.Spawns.Count > 0
}

// wanting says what would have sufficed, and is missing.
func (e *Evidence) wanting() []string {
	var missing []string
	switch {
	case e.LogOnly:
	case !e.API.Seen:
		missing = append(missing, "the API was not asked")
	case !e.API.Answers:
		missing = append(missing, "the API did not answer")
	case !e.Drift.Seen:
		missing = append(missing, "the Hub's servers were not compared with the pods")
	}
	switch {
	case e.Log == nil:
		missing = append(missing, "the log was not read")
	case e.Log.Spawns.Count == 0:
		missing = append(missing, "no server started within the log")
	}
	return missing
}

// Blank reports whether nothing at all was learnt of the Hub.
func (e *Evidence) Blank() bool {
	return !e.Pod.Seen && !e.Service.Seen && !e.API.Seen && !e.Drift.Seen && e.Log == nil && e.Counts == nil
}

func ok(name Name, says string) (Check, bool)   { return Check{name, OK, Healthy, says}, true }
func note(name Name, says string) (Check, bool) { return Check{name, Note, Healthy, says}, true }
func none() (Check, bool)                       { return Check{}, false }

func bad(name Name, verdict Verdict, says string) (Check, bool) {
	return Check{name, Bad, verdict, says}, true
}

func unseen(name Name, says string) (Check, bool) {
	return Check{name, Unseen, Healthy, says}, true
}
