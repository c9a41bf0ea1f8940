package incident

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func seen(state State) func(context.Context) Evidence {
	return func(context.Context) Evidence { return Evidence{State: state, Says: "seen", Count: new(3)} }
}

func states(c Check) map[string]State {
	got := map[string]State{}
	for _, r := range c.Results {
		got[r.Name] = r.State
	}
	return got
}

func TestCheckPasses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		looks  map[string]State
		skip   map[string]string
		passed bool
	}{
		"all hold":              {map[string]State{"a": OK, "b": OK}, nil, true},
		"one does not":          {map[string]State{"a": OK, "b": Not}, nil, false},
		"unknown is not passed": {map[string]State{"a": OK, "b": Unknown}, nil, false},
		"one is left out":       {map[string]State{"a": OK, "b": Not}, map[string]string{"b": "known"}, true},
		"all are left out":      {map[string]State{"a": OK}, map[string]string{"a": "lazy"}, false},
		"without any criterion": {nil, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var criteria []Criterion
			want := map[string]State{}
			for n, state := range test.looks {
				criteria = append(criteria, Criterion{Name: n, Limit: time.Minute, Look: seen(state)})
				want[n] = state
				if _, skipped := test.skip[n]; skipped {
					want[n] = Skipped
				}
			}
			check := RunCheck(t.Context(), criteria, test.skip, nil, person("ana"), newClock(noon).now)
			if check.Passed != test.passed || check.Since.IsZero() == test.passed {
				t.Errorf("passed %v since %s", check.Passed, check.Since)
			}
			if diff := cmp.Diff(want, states(check)); diff != "" {
				t.Error(diff)
			}
			for _, r := range check.Results {
				if r.State == Skipped && r.Says != test.skip[r.Name] {
					t.Errorf("the reason is lost: %+v", r)
				}
			}
		})
	}
}

// Recovered since: from the first of the checks in a row that all passed.
func TestRecoveredSince(t *testing.T) {
	t.Parallel()
	at := newClock(noon)
	var before *Check
	var since []string
	for _, state := range []State{Not, OK, OK, Unknown, OK, OK} {
		at.forward(10 * time.Minute)
		check := RunCheck(t.Context(), []Criterion{
			{Name: "a", Limit: time.Minute, Look: seen(OK)}, {Name: "b", Limit: time.Minute, Look: seen(state)},
		}, nil, before, person("ana"), at.now)
		text := "-"
		if check.Passed {
			text = check.Since.Format("15:04")
		}
		since = append(since, text)
		if a := check.Find("a"); !a.Since.Equal(noon.Add(10 * time.Minute)) {
			t.Errorf("a holds since %s", a.Since)
		}
		before = &check
	}
	if diff := cmp.Diff([]string{"-", "21:45", "21:45", "-", "22:15", "22:15"}, since); diff != "" {
		t.Error(diff)
	}
}

// What a check leaves out has not been seen by it: it counts from when it was.
func TestRecoveredSinceAllWasSeen(t *testing.T) {
	t.Parallel()
	at := newClock(noon)
	var before *Check
	var since []string
	for _, skip := range []map[string]string{{"launches": "no way"}, nil, nil, {"launches": "no way"}, nil} {
		at.forward(10 * time.Minute)
		check := RunCheck(t.Context(), []Criterion{
			{Name: "launches", Limit: time.Minute, Look: seen(OK)}, {Name: "hub", Limit: time.Minute, Look: seen(OK)},
		}, skip, before, person("ana"), at.now)
		since = append(since, check.Since.Format("15:04"))
		before = &check
	}
	if diff := cmp.Diff([]string{"21:35", "21:45", "21:45", "21:35", "22:15"}, since); diff != "" {
		t.Error(diff)
	}
}

// What looking has begun may take a while to end, also once the operator has
// stopped the check.
func TestCriterionGrace(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ends time.Duration // so long after the limit
		want State
		took time.Duration
	}{
		"it ends in time": {5 * time.Second, Not, 35 * time.Second},
		"it does not":     {time.Hour, Unknown, 40 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				check := RunCheck(t.Context(), []Criterion{{
					Name: "launches", Limit: 30 * time.Second, Grace: 10 * time.Second,
					Look: func(ctx context.Context) Evidence {
						<-ctx.Done()
						<-time.After(test.ends)
						return Evidence{State: Not}
					},
				}}, nil, nil, person("ana"), time.Now)
				if took := time.Since(began); took != test.took || check.Results[0].State != test.want {
					t.Errorf("%s after %s", check.Results[0].State, took)
				}
				time.Sleep(2 * time.Hour) // in a bubble, in which nothing may be left
			})
		})
	}
}

// What costs something is looked at last, and not at all if that is for nothing.
func TestCostlyCriterion(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		other State
		want  State
	}{
		"the rest holds":           {OK, OK},
		"the rest is not all seen": {Unknown, OK},
		"something does not hold":  {Not, Unknown},
	} {
		hub, launched := false, false
		check := RunCheck(t.Context(), []Criterion{
			{Name: "launches", Limit: time.Minute, Costly: "launch by hand", Look: func(context.Context) Evidence {
				launched = true
				if !hub {
					t.Errorf("%s: it was the first", name)
				}
				return Evidence{State: OK}
			}},
			{Name: "hub", Limit: time.Minute, Look: func(context.Context) Evidence {
				hub = true
				return Evidence{State: test.other}
			}},
		}, nil, nil, person("ana"), newClock(noon).now)
		got := check.Find("launches")
		if got.State != test.want || launched != (test.want == OK) {
			t.Errorf("%s: %+v", name, got)
		}
		if !launched && (got.Says != "not tried, as it is not over anyway: hub" || got.Next != "launch by hand") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Criteria are looked at side by side, and one that hangs is unknown, also if it
// does not heed its context.
func TestSlowCriterion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		release := make(chan struct{})
		check := RunCheck(t.Context(), []Criterion{
			{Name: "hangs", Limit: 30 * time.Second, Look: func(context.Context) Evidence { <-release; return Evidence{State: OK} }},
			{Name: "slow", Limit: 30 * time.Second, Look: func(context.Context) Evidence {
				<-time.After(20 * time.Second)
				return Evidence{State: OK}
			}},
		}, nil, nil, person("ana"), time.Now)
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("took %s", took)
		}
		if diff := cmp.Diff(map[string]State{"hangs": Unknown, "slow": OK}, states(check)); diff != "" {
			t.Error(diff)
		}
		close(release)
	})
}

func TestKeptChecks(t *testing.T) {
	t.Parallel()
	in := New("x", person("ana"), prod, noon)
	for n := range 100 {
		in.AddCheck(Check{At: noon.Add(time.Duration(n) * time.Minute)})
	}
	if len(in.Checks) != keptChecks || !in.Checks[0].At.Equal(noon) || !in.LastCheck().At.Equal(noon.Add(99*time.Minute)) {
		t.Errorf("%d checks, from %s to %s", len(in.Checks), in.Checks[0].At, in.LastCheck().At)
	}
}
