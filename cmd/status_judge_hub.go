package cmd

import (
	"strings"

	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/hub/checkup"
)

// judgeHub has the line say what hub status would.
func judgeHub(e *checkup.Evidence, report checkup.Report, given []string) statusLine {
	line := statusLine{State: stateOK, words: append([]string{"hub", "status"}, given...)}
	for _, check := range report.Checks {
		if check.State != checkup.OK {
			line.Evidence = append(line.Evidence, string(check.Name)+": "+check.Says)
		}
	}
	for _, missing := range report.Unseen {
		line.Evidence = append(line.Evidence, "not seen: "+missing.What+": "+unseenWords(missing.Why))
	}
	reason, _, _ := strings.Cut(report.Reason, "; ")
	line.Says = string(report.Verdict) + ": " + reason
	line.Runbook = bookForHub(report)
	switch report.Verdict {
	case checkup.Down, checkup.Blind, checkup.Stuck:
		line.State = stateBad
		if e.Pod.Seen && e.Pod.Name == "" && e.Pods.Seen && e.Pods.Total == 0 {
			line.Says = string(report.Verdict) + ": there is no hub pod, and no user has one: is it the right namespace?"
		}
	case checkup.Degraded:
		line.State = stateWarn
	case checkup.Unknown:
		line.State, line.Says, line.err = stateUnknown, reason, errUnseen
		if e.Blank() && len(e.Unseen) > 0 {
			line.Says = e.Unseen[0].What + ": " + unseenWords(e.Unseen[0].Why)
		}
	case checkup.Healthy:
		line.Says = "healthy: JupyterHub " + e.API.Version
		if e.API.Version == "" {
			line.Says = "healthy, by its log"
		}
		if e.Servers.Total > 0 {
			line.Says += ", " + count(e.Servers.Total, "server")
		}
	}
	line.trend = trend{of: "servers the Hub believes in", now: float64(e.Servers.Total)}
	return line
}

const (
	// driftShare is the share of pods, one in so many, from which on what differs
	// is not a few that got lost.
	driftShare = 10
	// driftLeast is how many it takes for a share to mean anything.
	driftLeast = 5
)

// judgeOrphans says how pods and servers differ, by the one look that hub status
// takes, too.
func judgeOrphans(e *checkup.Evidence, given []string) statusLine {
	if !e.Drift.Seen {
		line := statusLine{State: stateUnknown, Says: "the Hub's servers could not be compared with the pods", err: errUnseen}
		if len(e.Unseen) > 0 {
			line.Says += ": " + unseenWords(e.Unseen[0].Why)
		}
		for _, missing := range e.Unseen {
			line.Evidence = append(line.Evidence, missing.What+": "+unseenWords(missing.Why))
		}
		return line
	}
	line := statusLine{
		State: stateOK, Says: "none among " + count(e.Drift.Judged, "pod"),
		words: append([]string{"pods", "orphans"}, given...), quick: []string{"--settle", "0"},
	}
	line.Runbook = bookForClasses(func(class hub.Class) bool { return e.Drift.Certain[class] > 0 })
	var certain, maybe []string
	sure, passing := 0, 0
	for _, class := range hub.Classes() {
		if n := e.Drift.Certain[class]; n > 0 {
			certain, sure = append(certain, classCount(class, n)), sure+n
		}
		if n := e.Drift.Possible[class]; n > 0 {
			maybe, passing = append(maybe, classCount(class, n)), passing+n
		}
	}
	grave := func(n int) bool { return n >= driftLeast && n*driftShare >= max(e.Drift.Judged, e.Servers.Total) }
	of := ", of " + count(e.Drift.Judged, "pod")
	switch {
	case grave(sure):
		line.State, line.Says = stateBad, strings.Join(certain, ", ")+of
	case sure > 0:
		line.State, line.Says = stateWarn, strings.Join(certain, ", ")+of
	case grave(passing):
		line.State, line.Says = stateWarn, strings.Join(maybe, ", ")+" at one look"+of
		line.Runbook = bookForClasses(func(class hub.Class) bool { return e.Drift.Possible[class] > 0 })
	}
	if len(maybe) > 0 {
		line.Evidence = append(line.Evidence, "may pass by themselves: "+strings.Join(maybe, ", "))
	}
	line.trend = trend{of: "pods and servers that differ", now: float64(sure)}
	return line
}
