package cmd

import (
	"strings"
	"testing"
	"time"

	"github.com/binderctl/binderctl/pkg/incident"
	"github.com/binderctl/binderctl/pkg/launchtest"
)

// launchOf is a launch that was well, or broke by a cause.
func launchOf(took time.Duration, cause launchtest.Cause) launchtest.Launch {
	began := time.Date(2018, 7, 8, 21, 25, 3, 0, time.UTC)
	l := launchtest.Launch{Began: began, Ended: began.Add(took), Computed: true}
	if cause != "" {
		l.Failure = &launchtest.Failure{Stage: launchtest.Pull, Cause: cause, Says: "a long story"}
	}
	return l
}

func brokenOn(node string) launchtest.Launch {
	l := launchOf(0, launchtest.NoImage)
	l.Evidence = &launchtest.Evidence{Node: node}
	return l
}

func TestLaunchesEvidence(t *testing.T) {
	t.Parallel()
	app := &App{}
	newRoot(app)
	well, quick, built := launchOf(31*time.Second, ""), launchOf(4200*time.Millisecond, ""), launchOf(20*time.Second, "")
	built.Built = true
	for name, test := range map[string]struct {
		launches []launchtest.Launch
		skipped  int
		state    incident.State
		says     string
		failed   int // -1 if it is not counted
	}{
		"all pass":        {[]launchtest.Launch{well, quick, quick}, 0, incident.OK, "3 of 3: 31.0 s fresh, 4.2 s, 4.2 s", 0},
		"it had to build": {[]launchtest.Launch{well, built}, 0, incident.OK, "2 of 2: 31.0 s fresh, 20.0 s built", 0},
		"one breaks": {
			[]launchtest.Launch{well, quick, launchOf(0, launchtest.NoImage)},
			0, incident.Not,
			"2 of 3: 31.0 s fresh, 4.2 s; 1 broke at image pull: the node does not get the image", 1,
		},
		"on several nodes": {
			[]launchtest.Launch{brokenOn("a"), brokenOn("b"), brokenOn("a")},
			0, incident.Not,
			"0 of 3; 3 broke at image pull: the node does not get the image, on a, b", 3,
		},
		"all take too long": {
			[]launchtest.Launch{launchOf(0, launchtest.LaunchTooLong)},
			2, incident.Not,
			"0 of 3; 1 broke at image pull: it takes longer than it may; 2 launches were not made", 1,
		},
		"too many from here": {
			[]launchtest.Launch{well, launchOf(0, launchtest.RateLimited)},
			1, incident.Unknown,
			"1 of 3: 31.0 s fresh; 1 broke at image pull: too many launches from this address of late; the service may be well; 1 launch was not made", -1,
		},
		"full": {
			[]launchtest.Launch{launchOf(0, launchtest.TotalQuota)},
			2, incident.Not,
			"0 of 3; 1 broke at image pull: the BinderHub is full; 2 launches were not made", 1,
		},
		"stopped":      {[]launchtest.Launch{launchOf(0, launchtest.ByOperator)}, 2, incident.Unknown, "0 of 3; 1 stopped at image pull; 2 launches were not made", -1},
		"cut short":    {[]launchtest.Launch{well}, 1, incident.Unknown, "1 of 2: 31.0 s fresh; 1 launch was not made", -1},
		"none is made": {nil, 3, incident.Unknown, "0 of 3; 3 launches were not made", -1},
	} {
		got := app.launchesEvidence(test.launches, test.skipped, 1)
		failed := -1
		if got.Count != nil {
			failed = *got.Count
		}
		if got.State != test.state || got.Says != test.says || failed != test.failed {
			t.Errorf("%s: %s, %d failed: %s", name, got.State, failed, got.Says)
		}
	}
}

func TestLaunchCheckFlags(t *testing.T) {
	t.Parallel()
	usual := launchCheckFlags{cached: 2, fresh: 1, repo: tryRepo, timeout: time.Minute}
	for name, test := range map[string]struct {
		change func(*launchCheckFlags)
		want   string
	}{
		"as usual":           {func(*launchCheckFlags) {}, ""},
		"none, and unsaid":   {func(f *launchCheckFlags) { f.cached, f.fresh = 0, 0 }, "--no-launches"},
		"none, and said":     {func(f *launchCheckFlags) { f.cached, f.fresh, f.none = 0, 0, true }, ""},
		"fewer than none":    {func(f *launchCheckFlags) { f.fresh = -1 }, "--fresh-launches -1"},
		"no time":            {func(f *launchCheckFlags) { f.timeout = 0 }, "--launch-timeout"},
		"no repository":      {func(f *launchCheckFlags) { f.repo = "what?" }, "--launch-repo"},
		"it cannot be built": {func(f *launchCheckFlags) { f.repo = "https://doi.org/10.5281/zenodo.3242074" }, "--fresh-launches 0"},
	} {
		flags := usual
		test.change(&flags)
		err := flags.check()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// Launches that are left out are so with a reason, which is recorded.
func TestNoLaunches(t *testing.T) {
	t.Parallel()
	opts := &incidentCheckOptions{launch: launchCheckFlags{none: true}}
	if got := opts.skipped()[criterionLaunches]; got != notLaunched {
		t.Errorf("%q", got)
	}
	if err := opts.skip.Set("launches=Ben launched"); err != nil {
		t.Fatal(err)
	}
	if got := opts.skipped()[criterionLaunches]; got != "Ben launched" {
		t.Errorf("%q", got)
	}
}
