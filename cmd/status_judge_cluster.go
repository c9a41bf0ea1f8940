package cmd

import (
	"fmt"
	"slices"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/nodes"
	"github.com/binderctl/binderctl/pkg/pods"
)

// fullSoon is how near the time to full has to be to do something now: a new
// node takes some ten minutes, and somebody has to decide.
const fullSoon = time.Hour

// judgeCapacity says how many more users fit, and until when.
func judgeCapacity(l *nodes.Listing) statusLine {
	line := statusLine{State: stateOK, words: []string{"nodes", "list"}}
	for _, m := range l.Missing {
		line.Evidence = append(line.Evidence, "no "+m.List+": "+m.Why)
	}
	if !l.PodsKnown() {
		line.State, line.Says, line.err = stateUnknown, "what is on the nodes could not be read", errUnseen
		return line
	}
	h, f := l.Headroom, l.Forecast
	line.trend = trend{of: "users for whom there is room", now: float64(h.Now)}
	room := fmt.Sprintf("room for %s on %s", more(h.Now), count(h.Nodes, "node"))
	line.Says = room
	if h.OnCordoned > 0 {
		line.Evidence = append(line.Evidence, "and for "+itoa(h.OnCordoned)+" on cordoned nodes")
	}
	if h.OnNodesYet > 0 {
		room += fmt.Sprintf(", and for %d on nodes to come", h.OnNodesYet)
		line.Says = room
	}
	if f != nil {
		line.Says += fmt.Sprintf("; full in about %sm", minutes(f.Full))
		line.Evidence = append(line.Evidence, fmt.Sprintf("full in %s to %s minutes if nobody leaves, by the %s of the last half hour",
			minutes(f.Earliest), minutes(f.Latest), count(f.Arrivals, "user")))
	}
	switch {
	case h.Nodes == 0:
		line.State, line.Says = stateBad, "there is no node for users"
	case h.Now == 0 && h.Waiting > 0:
		line.State, line.Says = stateBad, fmt.Sprintf("full: %s for room on %s", waits(h.Waiting), count(h.Nodes, "node"))
	case h.Now == 0 && h.OnNodesYet == 0:
		line.State, line.Says = stateBad, "full: no room on "+count(h.Nodes, "node")
	case h.Now == 0:
		line.State, line.Says = stateWarn, "full until the autoscaler adds a node: "+room
	case h.Waiting > 0:
		line.State, line.Says = stateWarn, waits(h.Waiting)+" for a node although there is "+room
	case f != nil && f.Full < fullSoon.Seconds():
		line.State = stateWarn
	}
	line.Runbook = bookForCapacity(line.State, &h)
	if h.NotReady > 0 {
		line.Evidence = append(line.Evidence, count(h.NotReady, "node")+" of users not ready")
	}
	return line
}

// judgeNodes says which nodes are sick. One that is cordoned does no more harm to
// those who come: what is left to do there can wait.
func judgeNodes(found *nodes.Findings) statusLine {
	line := statusLine{State: stateOK, words: []string{"nodes", "find-unhealthy"}}
	bad := found.Unhealthy()
	for _, m := range found.Missing {
		line.Evidence = append(line.Evidence, "no "+m.List+": "+m.Why)
	}
	for i := range found.Suspects {
		if s := &found.Suspects[i]; s.Unhealthy || s.Score >= noteworthy {
			line.Evidence = append(line.Evidence, fmt.Sprintf("%s, suspicion %s of %s: %s", s.Name, points(s.Score), points(s.Threshold), s.Reason()))
		}
	}
	line.trend = trend{of: "unhealthy nodes", now: float64(len(bad))}
	if len(bad) > 0 && !allTogether(bad, found.Nodes) {
		line.Runbook = bookSickNode
	}
	open := slices.DeleteFunc(slices.Clone(bad), func(s nodes.Suspect) bool { return s.Cordoned != nil })
	switch {
	case len(bad) > 0 && len(open) == 0:
		line.State, line.Says = stateWarn, bad[0].Name+" is unhealthy, and cordoned: "+bad[0].Reason()
		if len(bad) > 1 {
			line.Says = fmt.Sprintf("%d of %d are unhealthy, and all of these cordoned", len(bad), found.Nodes)
		}
	case len(open) < len(bad):
		line.State, line.Says = stateBad, fmt.Sprintf("%d of %d are unhealthy (%d cordoned), %s above all: %s", len(bad), found.Nodes, len(bad)-len(open), open[0].Name, open[0].Reason())
	case len(bad) == 1:
		line.State, line.Says = stateBad, bad[0].Name+" is unhealthy: "+bad[0].Reason()
	case len(bad) > 1:
		line.State, line.Says = stateBad, fmt.Sprintf("%d of %d are unhealthy, %s above all: %s", len(bad), found.Nodes, bad[0].Name, bad[0].Reason())
	case len(found.Missing) > 0:
		line.Says = fmt.Sprintf("none of %d is unhealthy, as far as could be seen", found.Nodes)
	default:
		line.Says = fmt.Sprintf("none of %d is unhealthy", found.Nodes)
	}
	return line
}

// judgeCrashloops says what fails. What keeps the service running is graver than
// a user's own container.
func judgeCrashloops(d pods.Diagnosis) statusLine {
	line := statusLine{State: stateOK, words: []string{"pods", "crashloops"}, Evidence: append([]string{}, d.Missing...)}
	line.trend = trend{of: "containers that fail", now: float64(len(d.Findings))}
	if d.Healthy() {
		line.Says = "no container fails in " + count(d.Pods, "pod")
		return line
	}
	line.State, line.Runbook = stateWarn, bookForCrashes(d)
	for _, row := range someCrashes(d, d.At) {
		last := row.restarts
		if last != row.died { // which is all there is to say of users' pods
			last = "restarts: " + last
		}
		line.Evidence = append(line.Evidence, fmt.Sprintf("%s/%s %s: %s, %s", row.namespace, row.pod, row.container, row.cause, last))
	}
	switch first, failing := gravest(d.Findings), len(d.Findings); {
	case first == nil:
		line.Says = count(len(d.Bursts[0].Pods), "user pod") + " failed at about the same time"
	case failing == 1:
		line.Says = fmt.Sprintf("%s of %s: %s, restarted %s", first.Container, first.Pod, first.Cause(), times(first.Restarts))
	default:
		line.Says = fmt.Sprintf("%d containers fail, %s of %s above all: %s", failing, first.Container, first.Pod, first.Cause())
	}
	if first := gravest(d.Findings); len(d.Bursts) > 0 || first != nil && first.Kind.Infrastructure() {
		line.State = stateBad
	}
	for _, factor := range d.Common {
		if factor.Factor == pods.FactorNode {
			line.State = stateBad
			line.Says += fmt.Sprintf("; %d of %d sick pods are on %s", factor.Sick, factor.OfSick, factor.Value)
			break
		}
	}
	return line
}

// gravest is the finding to name: one of what keeps the service running before
// any other.
func gravest(found []pods.Finding) *pods.Finding {
	for i := range found {
		if found[i].Kind.Infrastructure() {
			return &found[i]
		}
	}
	if len(found) == 0 {
		return nil
	}
	return &found[0]
}

const (
	// waitingShare is the share of users, one in so many, whose waiting hurts the
	// service and not a few.
	waitingShare = 20
	// hotLeast is how many pods make a repository hot: mybinder.org lets one have a
	// hundred (per_repo_quota).
	hotLeast = 100
	// hotShare is the share of all users, one in so many.
	hotShare = 3
)

// judgePods says who waits, and what should be gone.
func judgePods(c usersCounted, seen podsSeen) statusLine {
	line := statusLine{State: stateOK, words: []string{"pods", "list", "--group-by", "age"}}
	line.trend = trend{of: "users' pods made a minute", now: float64(c.Total)}
	for _, n := range c.Made {
		line.trend.past = append(line.trend.past, float64(n))
	}
	line.Says = fmt.Sprintf("%s: %d run", count(c.Total, "user pod"), c.Running)
	if c.Total == 0 {
		line.Says = "no user has a pod"
	}
	if c.Overdue > 0 {
		line.State, line.Runbook = stateWarn, bookHubBlind
		line.Says += fmt.Sprintf(", %d older than %s", c.Overdue, pods.Age(nodes.DefaultMaxAge))
		line.words = []string{"pods", "list", "--older-than", pods.Age(nodes.DefaultMaxAge).String()}
	}
	if c.Pending > 0 {
		line.Says += fmt.Sprintf(", %d wait, for up to %s", c.Pending, ui.Age(time.Duration(c.OldestWaits)*time.Second))
	}
	if c.Waiting > 0 {
		line.State, line.Runbook = stateWarn, bookClusterFull
		line.words = []string{"pods", "list", "--phase", "Pending"}
	}
	if c.Waiting*waitingShare > c.Total {
		line.State = stateBad
	}
	for _, more := range []struct {
		n    int
		what string
	}{{c.Waiting, "wait for more than " + pods.Age(patientFor).String()}, {c.Failed, "failed"}, {c.Ending, "are being deleted"}} {
		if more.n > 0 {
			line.Evidence = append(line.Evidence, itoa(more.n)+" "+more.what)
		}
	}
	if builds := c.Builds; builds > 0 {
		line.Evidence = append(line.Evidence, count(builds, "build"))
	}
	for _, p := range seen.pods {
		if p.Kind == cluster.User && !p.Deleting {
			line.Evidence = append(line.Evidence, "the oldest: "+p.Name+", "+ui.Age(p.Age(seen.at)))
			break
		}
	}
	return line
}

// judgeRepos says whether one repository has more than its share.
func judgeRepos(repos []pods.Count) statusLine {
	line := statusLine{State: stateOK, Says: "no user has a pod", words: []string{"pods", "list", "--group-by", "repo"}}
	total := 0
	for _, repo := range repos {
		total += repo.Pods
	}
	if total == 0 {
		return line
	}
	hot := repos[0]
	line.trend = trend{of: "pods of " + hot.Value, now: float64(hot.Pods)}
	percent := 100 * hot.Pods / total
	line.Says = fmt.Sprintf("%s has most: %d %% of %s", hot.Value, percent, count(total, "user pod"))
	if hot.Pods >= hotLeast && hot.Pods*hotShare >= total {
		line.State, line.Runbook = stateWarn, bookSpike
		line.Says = fmt.Sprintf("%s is hot: %d of %s (%d %%)", hot.Value, hot.Pods, count(total, "user pod"), percent)
	}
	for _, repo := range repos[:min(len(repos), reposNamed)] {
		line.Evidence = append(line.Evidence, fmt.Sprintf("%s: %s", repo.Value, count(repo.Pods, "pod")))
	}
	return line
}

// reposNamed is how many repositories are evidence.
const reposNamed = 5
