package drill

import (
	"reflect"
	"testing"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// sick is the drill of a node that is sick.
func sick() *scenario.Drill {
	return &scenario.Drill{
		Runbook:   "sick-node",
		Diagnosis: []scenario.Sign{{Says: "pods of all namespaces", Resource: "pods", AllNamespaces: true}, {Says: "the proxy's log", Resource: "pods/log", Name: "proxy"}},
		Mends: []scenario.Change{
			{Command: "nodes cordon", Only: []string{"bad"}},
			{Command: "pods cull --node=bad"},
			{Command: "pods orphans --cull"},
		},
		WrongTurns: []scenario.Change{
			{Command: "nodes cordon", Except: []string{"bad"}, Says: "that node was well"},
			{Command: "hub restart", Says: "the Hub was well"},
			{Command: "pods cull", Says: "there was room"},
		},
		Par: scenario.Par{Seconds: 20, Sessions: 2},
	}
}

func after(d time.Duration) time.Time { return pager().Add(d) }

func did(at time.Duration, command string, nodes ...string) Change {
	return Change{At: after(at), Command: command, Nodes: nodes}
}

func TestEachChangeIsRightWrongOrNeither(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                string
		change              Change
		right, wrong, other int
	}{
		{"the node", did(0, "nodes cordon --reason=x bad", "bad"), 1, 0, 0},
		{"another node", did(0, "nodes cordon good", "good"), 0, 1, 0},
		{"the node and another", did(0, "nodes cordon good bad", "good", "bad"), 0, 1, 0},
		{"no node that needed it", did(0, "nodes cordon bad"), 0, 0, 1},
		{"a cull on the node", did(0, "pods cull --node=bad --yes=true"), 1, 0, 0},
		{"a cull on another node", did(0, "pods cull --node=good"), 0, 1, 0},
		{"any cull", did(0, "pods cull --older-than=6h"), 0, 1, 0},
		{"orphans removed", did(0, "pods orphans --cull=true"), 1, 0, 0},
		{"a longer flag", did(0, "pods orphans --culled=true"), 0, 0, 1},
		{"a restart", did(0, "hub restart --yes=true"), 0, 1, 0},
		{"something else", did(0, "nodes uncordon good", "good"), 0, 0, 1},
		{"a shorter call", did(0, "pods"), 0, 0, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := Rate(Played{Drill: sick(), Events: []Event{{At: pager(), Event: Began}}, Changes: []Change{test.change}, Now: pager()})
			if len(s.Mends) != test.right || len(s.WrongTurns) != test.wrong || len(s.OtherTurns) != test.other {
				t.Errorf("right %v, wrong %v, neither %v", s.Mends, s.WrongTurns, s.OtherTurns)
			}
		})
	}
}

func TestADrillThatWentWell(t *testing.T) {
	t.Parallel()
	s := Rate(Played{
		Drill: sick(),
		Events: []Event{
			{At: pager(), Event: Began},
			{At: after(2 * time.Minute), Event: Ended, Pod: "jupyter-a"}, // whose user left
			{At: after(3 * time.Minute), Event: Recovered},
			{At: after(9 * time.Minute), Event: Revealed},
		},
		Changes: []Change{did(170*time.Second, "nodes cordon bad", "bad")},
		Requests: []Request{
			{At: after(20 * time.Second), Verb: "list", Resource: "pods", Namespace: "prod"},
			{At: after(time.Minute), Verb: "list", Resource: "pods"},
			{At: after(2 * time.Minute), Verb: "get", Resource: "pods/log", Name: "proxy-1"},
			{At: after(170 * time.Second), Verb: "patch", Resource: "nodes", Name: "bad", Agent: "binderctl/1", Worked: true},
		},
		Now: after(time.Hour),
	})
	if !s.Over || s.CameBack != 0 || s.GaveUp || s.Points != 100 || len(s.Lost) != 0 || s.Sessions != 0 || s.Around != 0 {
		t.Errorf("the score is %+v", s)
	}
	for name, seconds := range map[string]struct {
		got  *float64
		want float64
	}{"first look": {s.LookSeconds, 20}, "evidence": {s.ShownSeconds, 60}, "diagnosed": {s.FoundSeconds, 170}, "mended": {s.OverSeconds, 180}} {
		if seconds.got == nil || *seconds.got != seconds.want {
			t.Errorf("%s: %v s, want %v", name, seconds.got, seconds.want)
		}
	}
	if s.Evidence != "pods of all namespaces" || s.PlayedFor != 180 {
		t.Errorf("the evidence is %q, played for %v s", s.Evidence, s.PlayedFor)
	}
}

// TestSessionsThatTheOperatorEnded are those of pods that operators, and not users
// or the Hub, had deleted, evicted or swept away.
func TestSessionsThatTheOperatorEnded(t *testing.T) {
	t.Parallel()
	ended := func(pods ...string) []Event {
		events := []Event{{At: pager(), Event: Began}}
		for _, pod := range pods {
			events = append(events, Event{At: after(time.Minute), Event: Ended, Pod: pod})
		}
		return events
	}
	for _, test := range []struct {
		name             string
		request          Request
		sessions, wasted int
	}{
		{"deleted", Request{Verb: "delete", Resource: "pods", Name: "a", Worked: true}, 1, 0},
		{"evicted", Request{Verb: "create", Resource: "pods/eviction", Name: "a", Worked: true}, 1, 0},
		{"refused", Request{Verb: "delete", Resource: "pods", Name: "a"}, 0, 0},
		{"no session", Request{Verb: "delete", Resource: "pods", Name: "orphan", Worked: true}, 0, 0},
		{"all at once", Request{Verb: "deletecollection", Resource: "pods", Worked: true}, 4, 2},
		{"only seen", Request{Verb: "get", Resource: "pods", Name: "a", Worked: true}, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.request.At = after(55 * time.Second)
			s := Rate(Played{Drill: sick(), Events: ended("a", "b", "c", "d"), Requests: []Request{test.request}, Now: after(time.Hour)})
			if s.Sessions != test.sessions || s.Needless != test.wasted {
				t.Errorf("%d sessions, %d needlessly; want %d and %d", s.Sessions, s.Needless, test.sessions, test.wasted)
			}
		})
	}
}

// TestSessionsEndedThroughTheHub are told by the journal: the API server sees the
// Hub delete them.
func TestSessionsEndedThroughTheHub(t *testing.T) {
	t.Parallel()
	s := Rate(Played{
		Drill: sick(),
		Events: []Event{
			{At: pager(), Event: Began},
			{At: after(30 * time.Second), Event: Ended, Pod: "a"}, // before
			{At: after(time.Minute), Event: Ended, Pod: "b"},
			{At: after(time.Minute), Event: Ended, Pod: "c"},
		},
		Changes: []Change{{At: after(50 * time.Second), Command: "pods cull", Pods: []string{"a", "b", "stayed"}}},
		Now:     after(time.Hour),
	})
	if s.Sessions != 1 || s.Needless != 0 {
		t.Errorf("%d sessions, %d needlessly; want 1 and none", s.Sessions, s.Needless)
	}
}

func TestPointsAreLost(t *testing.T) {
	t.Parallel()
	began, over := Event{At: pager(), Event: Began}, Event{At: after(5 * time.Minute), Event: Recovered}
	for _, test := range []struct {
		name    string
		events  []Event
		changes []Change
		want    int
	}{
		{"nothing", []Event{began, over}, nil, 100},
		{"a wrong turn", []Event{began, over}, []Change{did(0, "hub restart")}, 85},
		{"more than there are", []Event{began, over}, []Change{did(1, "hub restart"), did(2, "hub restart"), did(3, "hub restart"), did(4, "hub restart"), did(5, "hub restart"), did(6, "hub restart"), did(7, "hub restart")}, 0},
		{"a quarter of an hour too slow", []Event{began, {At: after(25*time.Minute + 20*time.Second), Event: Recovered}}, nil, 85},
		{"very much too slow", []Event{began, {At: after(9 * time.Hour), Event: Recovered}}, nil, 70},
		{"came back, and was mended again", []Event{began, over, {At: after(6 * time.Minute), Event: Relapsed}, {At: after(8 * time.Minute), Event: Recovered}}, nil, 80},
		{"came back, and took long", []Event{began, over, {At: after(6 * time.Minute), Event: Relapsed}, {At: after(25*time.Minute + 20*time.Second), Event: Recovered}}, nil, 65},
		{"told", []Event{began, {At: after(time.Minute), Event: GaveUp}, over}, nil, 0},
		{"told afterwards", []Event{began, over, {At: after(6 * time.Minute), Event: GaveUp}}, nil, 100},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := Rate(Played{Drill: sick(), Events: test.events, Changes: test.changes, Now: after(30 * time.Minute)})
			if s.Points != test.want {
				t.Errorf("%d points, want %d; lost: %+v", s.Points, test.want, s.Lost)
			}
		})
	}
}

// TestAScoreStaysAsItWasWhenItWasTold: whoever knows what it was may try what they
// like.
func TestAScoreStaysAsItWasWhenItWasTold(t *testing.T) {
	t.Parallel()
	for told, points := range map[string]int{Revealed: 100, GaveUp: 0} {
		played := Played{
			Drill:    sick(),
			Events:   []Event{{At: pager(), Event: Began}, {At: after(5 * time.Minute), Event: told}},
			Changes:  []Change{did(2*time.Minute, "nodes cordon bad", "bad")},
			Requests: []Request{{At: after(time.Minute), Verb: "list", Resource: "pods"}},
			Now:      after(5 * time.Minute),
		}
		before := Rate(played)
		played.Events = append(played.Events,
			Event{At: after(6 * time.Minute), Event: Recovered},
			Event{At: after(6 * time.Minute), Event: Ended, Pod: "a"},
			Event{At: after(7 * time.Minute), Event: Relapsed},
			Event{At: after(8 * time.Minute), Event: Revealed})
		played.Changes = append(played.Changes, did(6*time.Minute, "hub restart"))
		played.Requests = append(played.Requests, Request{At: after(6 * time.Minute), Verb: "delete", Resource: "pods", Name: "a", Worked: true})
		played.Now = after(8 * time.Minute)
		if again := Rate(played); before.Points != points || !reflect.DeepEqual(again, before) {
			t.Errorf("%s: it was\n%+v\nand is\n%+v", told, before, again)
		}
	}
}

// TestWhatCameBackIsNotOver until it is mended again, which counts.
func TestWhatCameBackIsNotOver(t *testing.T) {
	t.Parallel()
	events := []Event{
		{At: pager(), Event: Began},
		{At: after(3 * time.Minute), Event: Recovered},
		{At: after(5 * time.Minute), Event: Relapsed},
	}
	s := Rate(Played{Drill: sick(), Events: events, Now: after(6 * time.Minute)})
	if s.Over || s.OverSeconds != nil || s.CameBack != 1 || s.PlayedFor != 360 {
		t.Errorf("what came back: %+v", s)
	}
	events = append(events, Event{At: after(7 * time.Minute), Event: Recovered})
	s = Rate(Played{Drill: sick(), Events: events, Now: after(9 * time.Minute)})
	if !s.Over || s.OverSeconds == nil || *s.OverSeconds != 420 || s.PlayedFor != 420 || s.CameBack != 1 {
		t.Errorf("what was mended again: %+v", s)
	}
}

// TestChangesThatTheJournalDoesNotTell are told of, as they were not judged.
func TestChangesThatTheJournalDoesNotTell(t *testing.T) {
	t.Parallel()
	played := Played{
		Drill:  sick(),
		Events: []Event{{At: pager(), Event: Began}},
		Requests: []Request{
			{At: after(time.Minute), Verb: "create", Resource: "pods/portforward", Name: "hub", Agent: "binderctl/1", Worked: true},
			{At: after(time.Minute), Verb: "update", Resource: "configmaps", Agent: "binderctl/1", Worked: true}, // an incident
			{At: after(time.Minute), Verb: "patch", Resource: "nodes", Name: "good", Agent: "binderctl/1", Worked: true},
			{At: after(time.Minute), Verb: "delete", Resource: "pods", Name: "a", Agent: "binderctl/1", Worked: true},
		},
		Now: after(time.Hour),
	}
	if s := Rate(played); s.Unjournaled != 2 || s.Around != 0 {
		t.Errorf("%d are in no journal, %d around binderctl; want 2 and none", s.Unjournaled, s.Around)
	}
	played.Changes = []Change{did(time.Minute, "nodes cordon good", "good")}
	if s := Rate(played); s.Unjournaled != 0 {
		t.Errorf("%d are in no journal, though there is one", s.Unjournaled)
	}
}

func TestADrillHidesItsFaultUntilItIsTold(t *testing.T) {
	t.Parallel()
	log := Log(t.TempDir() + "/drill.ndjson")
	check := func(hidden, over bool) {
		t.Helper()
		state, err := log.State()
		if want := (State{Hidden: hidden, Over: over}); err != nil || state != want {
			t.Errorf("it is %+v (%v), want %+v", state, err, want)
		}
	}
	check(false, false)
	for _, step := range []struct {
		event        string
		hidden, over bool
	}{
		{Began, true, false},
		{Recovered, true, true},
		{Relapsed, true, false},
		{Recovered, true, true},
		{Revealed, false, true},
	} {
		if err := log.Add(Event{At: pager(), Event: step.event}); err != nil {
			t.Fatal(err)
		}
		check(step.hidden, step.over)
	}
}
