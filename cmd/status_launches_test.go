package cmd

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/binderctl/binderctl/pkg/binderhub"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub/checkup"
)

func TestJudgeLaunches(t *testing.T) {
	t.Parallel()
	well := binderhub.State{Health: binderhub.Health{OK: true}}
	quota := 100
	noHub := binderhub.State{Health: binderhub.Health{Checks: []binderhub.Service{{Name: "JupyterHub API"}, {Name: "Docker registry", OK: true}}}}
	full := binderhub.State{Health: binderhub.Health{OK: true, Checks: []binderhub.Service{{Name: "Pod quota", Ignored: true, Pods: 100, Quota: &quota}}}}
	since := func(launched, failed int) *countedSince {
		return &countedSince{Since: statusNow().Add(-4 * time.Minute), Launched: launched, Failed: failed}
	}
	made := func(l checkup.Lately) *checkup.Lately {
		l.Seconds, l.Made = 600, l.Up+l.Starting+l.Late
		return &l
	}
	for name, c := range map[string]struct {
		seen launchesSeen
		want judged
		book string
	}{
		"nobody":    {launchesSeen{State: well, RecentPods: made(checkup.Lately{})}, judged{stateOK, "no pod was made in the last 10m"}, ""},
		"by pods":   {launchesSeen{State: well, RecentPods: made(checkup.Lately{Up: 20})}, judged{stateOK, "all of 20 pods made in the last 10m came up"}, ""},
		"some late": {launchesSeen{State: well, RecentPods: made(checkup.Lately{Up: 17, Starting: 1, Late: 2})}, judged{stateWarn, "17 of 20 pods made in the last 10m came up, 1 starting, 2 late"}, bookSickNode},
		"none": {
			launchesSeen{State: well, RecentPods: made(checkup.Lately{Late: 20, Starting: 2, Unplaced: 18, Row: 20})},
			judged{stateBad, "none of 22 pods made in the last 10m came up, 2 starting, 18 waiting for a node"},
			bookClusterFull,
		},
		"new outage": {
			launchesSeen{State: well, RecentPods: made(checkup.Lately{Up: 94, Late: 6, Unseen: 6, Row: 6})},
			judged{stateBad, "94 of 100 pods made in the last 10m came up, 6 late, none of the latest 6, 6 running unseen by the Hub"},
			bookHubBlind,
		},
		"counted":        {launchesSeen{State: well, Recent: since(98, 2), RecentPods: made(checkup.Lately{Up: 20})}, judged{stateOK, "2 of 100 launches failed in the last 4m"}, ""},
		"few counted":    {launchesSeen{State: well, Recent: since(0, 2)}, judged{stateOK, "2 of 2 launches failed in the last 4m"}, ""},
		"most fail":      {launchesSeen{State: well, Recent: since(2, 8), RecentPods: made(checkup.Lately{Up: 20})}, judged{stateBad, "8 of 10 launches failed in the last 4m"}, bookSickNode},
		"pods are worse": {launchesSeen{State: well, Recent: since(0, 0), RecentPods: made(checkup.Lately{Late: 7})}, judged{stateBad, "none of 7 pods made in the last 10m came up"}, bookSickNode},
		"by the log": {
			launchesSeen{State: well, RecentPods: made(checkup.Lately{}), stuck: "no server starts: 72 launches failed and none succeeded"},
			judged{stateBad, "no server starts: 72 launches failed and none succeeded, by the Hub's log of the last 30m"},
			bookHubBlind,
		},
		"the log is past": {launchesSeen{State: well, RecentPods: made(checkup.Lately{Up: 1}), stuck: "no server starts"}, judged{stateOK, "all of 1 pod made in the last 10m came up"}, ""},
		"nothing seen":    {launchesSeen{State: well}, judged{stateOK, "how they go now could not be seen"}, ""},
		"no BinderHub":    {launchesSeen{unasked: errors.New("there is none"), RecentPods: made(checkup.Lately{Up: 3})}, judged{stateUnknown, "all of 3 pods made in the last 10m came up; there is none"}, ""},
		"no Hub":          {launchesSeen{State: noHub}, judged{stateBad, "BinderHub cannot do without JupyterHub API, which fails; how they go now could not be seen"}, bookRestartHub},
		"quota":           {launchesSeen{State: full, Recent: since(0, 0)}, judged{stateBad, "nobody may launch: 100 pods, and its quota is 100; no launch ended in the last 4m"}, bookClusterFull},
		"down":            {launchesSeen{State: binderhub.State{Pods: 2}}, judged{stateBad, "BinderHub is down: none of its 2 pods is ready"}, ""},
		"half down":       {launchesSeen{State: binderhub.State{Pods: 2, Ready: 1, Health: well.Health}, Recent: since(9, 0)}, judged{stateWarn, "1 of BinderHub's 2 pods are ready; 0 of 9 launches failed in the last 4m"}, ""},
	} {
		line := judgeLaunches(c.seen, statusNow())
		if diff := cmp.Diff(c.want, judged{line.State, line.Says}); diff != "" || line.Runbook != c.book {
			t.Errorf("%s: runbook %q, want %q; %s", name, line.Runbook, c.book, diff)
		}
	}
}

// TestLongAgoIsEvidence holds that what was counted since BinderHub began decides
// nothing: an outage that is over is over.
func TestLongAgoIsEvidence(t *testing.T) {
	t.Parallel()
	counts := binderhub.Counts{Since: statusNow().Add(-3 * time.Hour), Launched: 10, Failed: 500, Launching: 2}
	line := judgeLaunches(launchesSeen{State: binderhub.State{Health: binderhub.Health{OK: true}, Counts: &counts}}, statusNow())
	want := []string{
		"under way: 2 launches, 0 builds",
		"since BinderHub began, 3h ago: 500 of 510 launches failed",
		"what BinderHub counts is compared from the next look on",
	}
	if diff := cmp.Diff(want, line.Evidence); diff != "" || line.State != stateOK {
		t.Errorf("%s %s", line.State, diff)
	}
}

// TestCountsKept looks again and again, at two BinderHubs, one of which is started
// anew.
func TestCountsKept(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	app := &App{Getenv: func(string) string { return folder }}
	prod, beta := app.countsKept(cluster.Location{Namespace: "prod"}, ""), app.countsKept(cluster.Location{Namespace: "beta"}, "")
	began := statusNow().Add(-24 * time.Hour)
	look := func(k countsKept, after time.Duration, c binderhub.Counts) *countedSince {
		return k.compare(countedLook{statusNow().Add(after), c})
	}
	counts := func(launched, failed int) binderhub.Counts {
		return binderhub.Counts{Processes: 2, Since: began, Launched: launched, Failed: failed}
	}
	if c := look(prod, 0, counts(100, 50)); c != nil {
		t.Errorf("the first look is compared with something: %+v", c)
	}
	if c := look(prod, 5*time.Second, counts(101, 50)); c != nil {
		t.Errorf("five seconds tell something: %+v", c)
	}
	look(beta, time.Minute, counts(7, 7))
	want := &countedSince{Since: statusNow(), Launched: 5, Failed: 1}
	if diff := cmp.Diff(want, look(prod, time.Minute, counts(105, 51))); diff != "" {
		t.Error(diff)
	}
	want = &countedSince{Since: statusNow().Add(time.Minute), Launched: 15, Failed: 0}
	if diff := cmp.Diff(want, look(prod, 11*time.Minute, counts(120, 51))); diff != "" {
		t.Errorf("what is too long ago counts: %s", diff)
	}
	if c := look(prod, 12*time.Minute, counts(3, 0)); c != nil {
		t.Errorf("others' counts are compared: %+v", c)
	}
	began = statusNow().Add(13 * time.Minute)
	want = &countedSince{Since: began, Launched: 3}
	if diff := cmp.Diff(want, look(prod, 14*time.Minute, counts(3, 0))); diff != "" {
		t.Errorf("what began just now tells by itself: %s", diff)
	}
	left, err := filepath.Glob(filepath.Join(folder, "binderctl", "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("%v is left, %v", left, err)
	}
	if text, err := os.ReadFile(prod.path); err != nil || strings.Contains(string(text), "beta") {
		t.Errorf("what is too long ago is kept: %s, %v", text, err)
	}
	if err := os.WriteFile(prod.path, []byte("{half"), 0o600); err != nil {
		t.Fatal(err)
	}
	began = statusNow().Add(-time.Hour)
	if c := look(prod, 15*time.Minute, counts(1, 1)); c != nil {
		t.Errorf("%+v", c)
	}
}
