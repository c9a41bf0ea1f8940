package cmd

import (
	"strings"
	"testing"
	"time"

	"github.com/binderctl/binderctl/pkg/hub"
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

func TestHubSight(t *testing.T) {
	t.Parallel()
	now := time.Date(2018, 7, 8, 21, 0, 0, 0, time.UTC)
	settings := hub.Settings{StartTimeout: 5 * time.Minute, MaxAge: 6 * time.Hour, CullEvery: 10 * time.Minute, Culls: true, Read: true}
	pod := func(user string, age time.Duration) hub.UserPod {
		return hub.UserPod{Key: hub.Key{User: user}, Created: now.Add(-age)}
	}
	going := pod("going", time.Hour)
	going.GoneBy = now
	sight := &hubSight{
		settings: settings,
		view:     hub.View{Servers: map[hub.Key]hub.Server{{User: "known"}: {}, {User: "old"}: {}}},
		pods: hub.Sighting{At: now, Pods: []hub.UserPod{
			pod("known", time.Hour), pod("lost", 9*time.Hour), pod("young", 4*time.Minute), going,
		}},
	}
	if judged, unknown := sight.strangers(); judged != 2 || unknown != 1 {
		t.Errorf("%d judged, %d unknown", judged, unknown)
	}
	if got := cullerEvidence(sight); got.State != incident.OK {
		t.Errorf("what the Hub lost is not the culler's: %+v", got)
	}
	sight.pods.Pods = append(sight.pods.Pods, pod("old", 6*time.Hour+10*time.Minute+cullerSlack+time.Second))
	if got := cullerEvidence(sight); got.State != incident.Not || *got.Count != 1 {
		t.Errorf("overdue: %+v", got)
	}
	sight.settings.MaxAge = 0
	if got := cullerEvidence(sight); got.State != incident.OK {
		t.Errorf("no maximum: %+v", got)
	}
	sight.settings.Read = false
	if got := cullerEvidence(sight); got.State != incident.Unknown || got.Next == "" {
		t.Errorf("unread: %+v", got)
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
	for i, criterion := range (&examiner{}).criteria() {
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
