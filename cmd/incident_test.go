package cmd

import (
	"strings"
	"testing"
	"time"

	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/hub/checkup"
	"github.com/binderctl/binderctl/pkg/incident"
)

func TestPendingEvidence(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		waiting, long int
		before        *int
		want          incident.State
	}{
		"nobody waits":                       {0, 0, nil, incident.OK},
		"a handful, at the first look":       {5, 0, nil, incident.OK},
		"many, at the first look":            {50, 0, nil, incident.Unknown},
		"many, but fewer than before":        {50, 0, new(80), incident.OK},
		"a few more than before":             {12, 0, new(5), incident.OK},
		"more and more":                      {50, 0, new(20), incident.Not},
		"fewer, but somebody waits for long": {5, 1, new(80), incident.Not},
	} {
		got := pendingEvidence(test.waiting, test.long, time.Minute, defaultMaxPending, test.before)
		if got.State != test.want || *got.Count != test.waiting || got.State != incident.OK && got.Next == "" {
			t.Errorf("%s: %+v, want %s", name, got, test.want)
		}
	}
}

func TestOrphansEvidence(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		unknown int
		before  *int
		want    incident.State
	}{
		"none":                   {0, nil, incident.OK},
		"some, at first sight":   {7, nil, incident.Unknown},
		"as many as before":      {7, new(7), incident.OK},
		"fewer":                  {3, new(7), incident.OK},
		"they become more":       {8, new(7), incident.Not},
		"the first since before": {1, new(0), incident.Not},
	} {
		if got := orphansEvidence(100, test.unknown, test.before); got.State != test.want {
			t.Errorf("%s: %+v, want %s", name, got, test.want)
		}
	}
}

func TestHubEvidence(t *testing.T) {
	t.Parallel()
	for verdict, want := range map[checkup.Verdict]incident.State{
		checkup.Healthy: incident.OK, checkup.Blind: incident.Not, checkup.Degraded: incident.Not, checkup.Down: incident.Not,
		checkup.Unknown: incident.Unknown,
	} {
		if got := hubEvidence(checkup.Report{Verdict: verdict, Reason: "why"}, false); got.State != want || !strings.Contains(got.Says, "why") {
			t.Errorf("%s: %+v", verdict, got)
		}
	}
	if got := hubEvidence(checkup.Report{Verdict: checkup.Down}, true); got.State != incident.Unknown {
		t.Errorf("nothing was seen: %+v", got)
	}
}

func TestCullerEvidence(t *testing.T) {
	t.Parallel()
	evidence := func(overdue int, seen, read bool) *checkup.Evidence {
		e := &checkup.Evidence{Settings: hub.Defaults()}
		e.Settings.MaxAge, e.Settings.Read = 6*time.Hour, read
		e.Drift = checkup.Drift{Seen: seen, Certain: map[hub.Class]int{hub.Overdue: overdue}}
		return e
	}
	for name, test := range map[string]struct {
		evidence *checkup.Evidence
		want     incident.State
	}{
		"it culls":              {evidence(0, true, true), incident.OK},
		"it is asleep":          {evidence(3, true, true), incident.Not},
		"without the settings":  {evidence(0, true, false), incident.Unknown},
		"without the Hub's API": {evidence(0, false, true), incident.Unknown},
	} {
		got := cullerEvidence(test.evidence)
		if got.State != test.want || got.State != incident.OK && got.Next == "" {
			t.Errorf("%s: %+v, want %s", name, got, test.want)
		}
	}
}

func TestSkipFlag(t *testing.T) {
	t.Parallel()
	var f skipFlag
	for text, want := range map[string]string{
		"hub": "want a reason", "hub= ": "want a reason", "nodez=x": "no criterion is called", "hub=no token": "", "nodes=a=b": "",
	} {
		err := f.Set(text)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if got := f.String(); got != "hub=no token,nodes=a=b" {
		t.Errorf("%q", got)
	}
}

// A word for each criterion is one that --skip knows, and the other way round.
func TestCriterionNames(t *testing.T) {
	t.Parallel()
	names := criterionNames()
	x := &examiner{opts: &incidentCheckOptions{launch: launchCheckFlags{timeout: time.Minute}}}
	for i, criterion := range x.criteria() {
		if i >= len(names) || names[i] != criterion.Name || criterion.Holds == "" || criterion.Limit == 0 {
			t.Errorf("%d: %+v is not %q", i, criterion, names)
		}
	}
}

func TestCheckEntry(t *testing.T) {
	t.Parallel()
	result := func(name string, state incident.State) incident.Result {
		return incident.Result{Name: name, State: state}
	}
	for want, check := range map[string]incident.Check{
		"check: passed":                {Passed: true, Results: []incident.Result{result("hub", incident.OK)}},
		"check: passed, without nodes": {Passed: true, Results: []incident.Result{result("hub", incident.OK), result("nodes", incident.Skipped)}},
		"check: not passed: a, b (not); c (unknown)": {Results: []incident.Result{
			result("a", incident.Not), result("b", incident.Not), result("c", incident.Unknown), result("d", incident.OK),
		}},
	} {
		if got := checkEntry(check); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
