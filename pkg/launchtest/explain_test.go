package launchtest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/launchtest/launchtesttest"
)

const (
	tooSlow   = `{"phase": "failed", "status_code": 500, "message": "Image reg/x:1 for user u took too long to launch\n"}`
	noRoom    = "0/3 nodes are available: 3 Insufficient memory."
	buildLine = `{"phase": "building", "message": "Step 1/3 : FROM\n"}`
)

// What BinderHub does not know, the launch's pod tells.
func TestThePodTellsWhy(t *testing.T) {
	t.Parallel()
	crashed := cluster.Container{Name: "notebook", Role: cluster.Main, Death: &cluster.Death{Reason: "Error", ExitCode: 1, Final: true}}
	killed := cluster.Container{Name: "builder", Death: &cluster.Death{Reason: "OOMKilled", ExitCode: 137, Final: true}}
	restarted := cluster.Container{Name: "notebook", Running: true, Death: &cluster.Death{Reason: "Error", ExitCode: 1}}
	waits := func(why, message string) []cluster.Container {
		return []cluster.Container{{Name: "notebook", Waiting: why, Message: message}}
	}
	launched := []string{`{"phase": "launching", "message": "Launching server...\n"}`, `{"phase": "launching", "message": "Server requested\n"}`, tooSlow}
	built := []string{`{"phase": "waiting", "message": "Waiting for build to start...\n"}`, buildLine, `{"phase": "failed"}`}
	for name, test := range map[string]struct {
		events   []string
		evidence launchtest.Evidence
		want     verdict
		left     string // what is said of the server, in part; "" if nothing is left
	}{
		"it crashed": {
			launched,
			launchtest.Evidence{Pod: "p", Node: "n", Phase: "Failed", Containers: []cluster.Container{crashed}},
			verdict{launchtest.Start, launchtest.PodFailed, launchtest.Failed, "container notebook ended: Error 1"},
			"",
		},
		"it was evicted": {
			launched,
			launchtest.Evidence{Pod: "p", Node: "n", Phase: "Failed", Reason: "Evicted the node was low on memory"},
			verdict{launchtest.Start, launchtest.PodFailed, launchtest.Failed, "pod p has failed: Evicted the node was low on memory"},
			"",
		},
		"it crashes again and again": {
			launched,
			launchtest.Evidence{Pod: "p", Node: "n", Phase: "Running", Containers: waits("CrashLoopBackOff", "back-off 10s")},
			verdict{launchtest.Start, launchtest.PodFailed, launchtest.Failed, "CrashLoopBackOff: back-off 10s"},
			"until the Hub gives it up: container notebook waits: CrashLoopBackOff",
		},
		"it has no image": {
			launched,
			launchtest.Evidence{Pod: "p", Node: "n", Phase: "Pending", Containers: waits("ImagePullBackOff", "not found")},
			verdict{launchtest.Pull, launchtest.NoImage, launchtest.Failed, "not found"},
			"until the Hub gives it up: container notebook waits: ImagePullBackOff",
		},
		"it has no node": {
			launched,
			launchtest.Evidence{Pod: "p", Phase: "Pending", Events: []launchtest.PodEvent{{Reason: "FailedScheduling", Message: noRoom}}},
			verdict{launchtest.Schedule, launchtest.NoNode, launchtest.Failed, noRoom},
			"may still come up: only",
		},
		"it is on its way": {
			launched,
			launchtest.Evidence{Pod: "p", Node: "n", Phase: "Pending", Containers: waits("ContainerCreating", "")},
			verdict{launchtest.Spawn, launchtest.SpawnSlow, launchtest.Failed, "took too long"},
			"may still come up: only",
		},
		"it runs again": {
			launched,
			launchtest.Evidence{Pod: "p", Node: "n", Phase: "Running", Containers: []cluster.Container{restarted}},
			verdict{launchtest.Spawn, launchtest.SpawnSlow, launchtest.Failed, "took too long"},
			"may still come up: only",
		},
		"there is none": {launched, launchtest.Evidence{}, verdict{launchtest.Spawn, launchtest.SpawnSlow, launchtest.Failed, "took too long"}, "may still come up: only"},
		"a build was killed": {
			built,
			launchtest.Evidence{Pod: "build-p", Node: "n", Phase: "Failed", Containers: []cluster.Container{killed}},
			verdict{launchtest.Build, launchtest.BuildFailed, launchtest.Failed, "container builder ended: OOMKilled 137"},
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stand(t, func(s *launchtesttest.Stream) {
				for _, event := range test.events {
					s.Event(event)
				}
			})
			opts := options(t, s.URL)
			opts.Gather = func(context.Context, launchtest.Launch) *launchtest.Evidence { return &test.evidence }
			launch := run(t.Context(), t, opts)
			test.want.check(t, launch)
			if (test.left == "") != (launch.Cleanup == "") || !strings.Contains(launch.Cleanup, test.left) {
				t.Errorf("cleanup: %q", launch.Cleanup)
			}
		})
	}
}
