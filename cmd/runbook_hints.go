package cmd

import (
	"slices"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/hub/checkup"
	"github.com/binderctl/binderctl/pkg/nodes"
	"github.com/binderctl/binderctl/pkg/pods"
)

// The runbooks that commands name by what they find. They are in docs/runbooks.
const (
	bookClusterFull = "cluster-full"
	bookHubBlind    = "hub-blind"
	bookProxyDown   = "proxy-down"
	bookRestartHub  = "restart-hub"
	bookSickNode    = "sick-node"
	bookStuck       = "stuck-stopping"
	bookSpike       = "traffic-spike"
)

// hintRunbook names the runbook that fits what was found, as the last hint; ""
// is none. Whoever walks through one already has it.
func (app *App) hintRunbook(name string) {
	if name != "" && app.bound == nil {
		app.Term.Hint("runbook: %s runbook show %s", app.program(), name)
	}
}

// bookForHub is the runbook for a verdict on the Hub.
func bookForHub(report checkup.Report) string {
	if len(report.Checks) == 0 {
		return ""
	}
	worst := report.Checks[0].Name
	switch report.Verdict {
	case checkup.Blind:
		return bookHubBlind
	case checkup.Stuck:
		if worst == checkup.ByLaunches {
			return bookClusterFull
		}
		return bookStuck
	case checkup.Down:
		return bookRestartHub
	case checkup.Degraded:
		return bookForCheck(worst)
	case checkup.Healthy, checkup.Unknown:
	}
	return ""
}

// bookForCheck is the runbook for a check that failed on a Hub that works.
func bookForCheck(name checkup.Name) string {
	switch name {
	case checkup.ByCuller, checkup.ByAPI:
		return bookRestartHub
	case checkup.ByDrift, checkup.ByStops, checkup.ByDatabase:
		return bookHubBlind // which is about what a Hub has lost, too
	case checkup.ByServers:
		return bookStuck
	case checkup.ByLaunches, checkup.ByLog:
		return bookSickNode
	default:
		return ""
	}
}

// bookForFindings is the runbook for the gravest class that was found beyond doubt.
func bookForFindings(found []hub.Finding) string {
	return bookForClasses(func(class hub.Class) bool {
		return slices.ContainsFunc(found, func(f hub.Finding) bool { return f.Class == class && f.Settled })
	})
}

// bookForClasses is the runbook for the gravest of the classes that were found.
func bookForClasses(found func(hub.Class) bool) string {
	for _, class := range hub.Classes() {
		if found(class) {
			return bookForClass(class)
		}
	}
	return ""
}

func bookForClass(class hub.Class) string {
	switch class {
	case hub.Orphan:
		return bookHubBlind
	case hub.Ghost, hub.Stuck:
		return bookStuck
	case hub.Unrouted, hub.StaleRoute, hub.Overdue:
		return bookRestartHub
	case hub.NeverClaimed:
		return bookClusterFull
	default:
		return ""
	}
}

// bookForCrashes is the runbook for what crashes: the proxy before all else, as
// nobody reaches anything without it; then a node that the sick share; then the Hub.
func bookForCrashes(d pods.Diagnosis) string {
	shared := slices.ContainsFunc(d.Common, func(f pods.Factor) bool { return f.Factor == pods.FactorNode })
	fails := func(kind cluster.Kind) bool {
		return slices.ContainsFunc(d.Findings, func(f pods.Finding) bool { return f.Kind == kind })
	}
	switch {
	case fails(cluster.Proxy):
		return bookProxyDown
	case shared:
		return bookSickNode
	case fails(cluster.Hub):
		return bookRestartHub
	default:
		return ""
	}
}

// bookForRoom is the runbook for nodes on which there is no room, though somebody
// waits for some.
func bookForRoom(room *nodes.Headroom) string {
	if room.Now == 0 && room.Waiting > 0 {
		return bookClusterFull
	}
	return ""
}

// bookForCapacity is the runbook for a line about room. Who waits although there
// is room is kept waiting by something else.
func bookForCapacity(state statusState, room *nodes.Headroom) string {
	switch {
	case state == stateOK || state == stateUnknown:
		return ""
	case room.Now > 0 && room.Waiting > 0:
		return bookSickNode
	default:
		return bookClusterFull
	}
}

// bookOfWorst is the runbook of the first line that has one: the worst. Of lines
// that are as bad, that of the proxy comes first, as it does among what crashes.
func bookOfWorst(lines []statusLine) string {
	first := slices.IndexFunc(lines, func(line statusLine) bool { return line.Runbook != "" })
	if first < 0 {
		return ""
	}
	proxy := func(line statusLine) bool { return line.Runbook == bookProxyDown && line.State == lines[first].State }
	if slices.ContainsFunc(lines, proxy) {
		return bookProxyDown
	}
	return lines[first].Runbook
}
