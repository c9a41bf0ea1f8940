package cmd

import (
	"testing"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/hub/checkup"
	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/nodes"
	"github.com/binderctl/binderctl/pkg/pods"
)

// Whatever is found leads to a runbook that is there.
func TestHintsNameRunbooks(t *testing.T) {
	t.Parallel()
	books := []string{bookSickNode}
	for _, verdict := range []checkup.Verdict{checkup.Blind, checkup.Stuck, checkup.Down, checkup.Degraded} {
		for _, check := range []checkup.Name{checkup.ByLaunches, checkup.ByServers, checkup.ByDrift, checkup.ByCuller, checkup.ByLog, checkup.ByDatabase} {
			book := bookForHub(checkup.Report{Verdict: verdict, Checks: []checkup.Check{{Name: check}}})
			if book == "" {
				t.Errorf("%s by %s: no runbook", verdict, check)
			}
			books = append(books, book)
		}
	}
	for _, class := range hub.Classes() {
		book := bookForFindings([]hub.Finding{{Class: class, Settled: true}})
		if book == "" {
			t.Errorf("%s: no runbook", class)
		}
		books = append(books, book)
	}
	for _, cause := range []launchtest.Cause{
		launchtest.BadGateway, launchtest.NoHub, launchtest.SpawnRefused, launchtest.SpawnSlow, launchtest.NoNode,
		launchtest.RepoQuota, launchtest.PodFailed, launchtest.StillThere,
	} {
		book := bookForLaunch(launchtest.Failures{Cause: cause}, nil)
		if book == "" {
			t.Errorf("%s: no runbook", cause)
		}
		books = append(books, book)
	}
	for _, name := range books {
		if _, err := readBook(name); err != nil {
			t.Error(err)
		}
	}
}

func TestHintsFit(t *testing.T) {
	t.Parallel()
	onNode := []pods.Factor{{Trait: pods.Trait{Factor: pods.FactorNode}}}
	for name, c := range map[string]struct{ got, want string }{
		"healthy":           {bookForHub(checkup.Report{Verdict: checkup.Healthy, Checks: []checkup.Check{{Name: checkup.ByLog}}}), ""},
		"blind":             {bookForHub(checkup.Report{Verdict: checkup.Blind, Checks: []checkup.Check{{Name: checkup.ByReflector}}}), "hub-blind"},
		"not certain":       {bookForFindings([]hub.Finding{{Class: hub.Ghost}}), ""},
		"orphans and ghost": {bookForFindings([]hub.Finding{{Class: hub.Ghost, Settled: true}, {Class: hub.Orphan, Settled: true}}), "hub-blind"},
		"a proxy on a node": {bookForCrashes(pods.Diagnosis{Common: onNode, Findings: []pods.Finding{{Kind: cluster.Proxy}}}), "proxy-down"},
		"a node":            {bookForCrashes(pods.Diagnosis{Common: onNode}), "sick-node"},
		"nothing in common": {bookForCrashes(pods.Diagnosis{}), ""},
		"full":              {bookForRoom(&nodes.Headroom{Waiting: 3}), "cluster-full"},
		"full, none waits":  {bookForRoom(&nodes.Headroom{}), ""},
		"room and waiting":  {bookForCapacity(stateWarn, &nodes.Headroom{Now: 9, Waiting: 3}), "sick-node"},
		"full soon":         {bookForCapacity(stateWarn, &nodes.Headroom{Now: 9}), "cluster-full"},
		"a hub crashes":     {bookForCrashes(pods.Diagnosis{Findings: []pods.Finding{{Kind: cluster.Hub}}}), "restart-hub"},
		"a bad request":     {bookForLaunch(launchtest.Failures{Cause: launchtest.BadRequest}, nil), ""},
		"slow, pod ready":   {bookForLaunch(launchtest.Failures{Cause: launchtest.SpawnSlow}, podWith(true)), "hub-blind"},
		"slow, pod waits":   {bookForLaunch(launchtest.Failures{Cause: launchtest.SpawnSlow}, podWith(false)), "sick-node"},
		"hangs in the Hub":  {bookForLaunch(launchtest.Failures{Cause: launchtest.LaunchTooLong, Stage: launchtest.Spawn}, nil), "hub-blind"},
		"hangs in a build":  {bookForLaunch(launchtest.Failures{Cause: launchtest.StageTooLong, Stage: launchtest.Build}, nil), ""},
		"the proxy first":   {bookOfWorst([]statusLine{{State: stateBad, Runbook: "sick-node"}, {State: stateBad, Runbook: "proxy-down"}}), "proxy-down"},
		"a proxy, not down": {bookOfWorst([]statusLine{{State: stateBad, Runbook: "sick-node"}, {State: stateWarn, Runbook: "proxy-down"}}), "sick-node"},
		"the worst":         {bookOfWorst([]statusLine{{}, {Runbook: "cluster-full"}, {Runbook: "hub-blind"}}), "cluster-full"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", name, c.got, c.want)
		}
	}
}

// podWith is what the cluster tells of a pod with one container.
func podWith(ready bool) *launchtest.Evidence {
	return &launchtest.Evidence{Containers: []cluster.Container{{Ready: ready}}}
}
