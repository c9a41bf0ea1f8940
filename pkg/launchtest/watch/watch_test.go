package watch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/binderctl/binderctl/pkg/launchtest"
)

// scene is a watch in a bubble without real time.
type scene struct {
	config   Config
	registry *prometheus.Registry

	mu      sync.Mutex
	began   []string // "MINUTE TARGET", of each launch
	now     map[Target]int
	atOnce  int // the most launches that there were at once
	reports []Report
	alerts  []Alert
}

// newScene watches targets; launch says what comes of the nth launch.
func newScene(targets []Target, took time.Duration, launch func(n int, target Target) launchtest.Launch) *scene {
	s := &scene{registry: prometheus.NewRegistry(), now: map[Target]int{}}
	begin := time.Now()
	s.config = Config{
		Targets: targets, Rule: Rule{Fail: 3, Of: 5, Recover: 2, Remind: time.Hour},
		Pace: Pace{MostBackoff: time.Hour}, AtOnce: 4, LaunchLimit: time.Hour,
		Metrics: NewMetrics(s.registry), Now: time.Now, Random: func() float64 { return 0.5 },
		Launch: func(ctx context.Context, target Target) launchtest.Launch {
			s.mu.Lock()
			n := len(s.began)
			s.began = append(s.began, fmt.Sprintf("%.0f %s", time.Since(begin).Minutes(), target.Repo))
			s.now[target]++
			if s.now[target] > 1 {
				panic("two launches of one target at once")
			}
			running := 0
			for _, k := range s.now {
				running += k
			}
			s.atOnce = max(s.atOnce, running)
			s.mu.Unlock()
			l := launch(n, target)
			l.Began = time.Now()
			select {
			case <-time.After(took):
			case <-ctx.Done():
				time.Sleep(3 * time.Second) // in a bubble: its server is ended
				l.Result, l.Failure = launchtest.Stopped, &launchtest.Failure{Cause: launchtest.ByOperator}
			}
			l.Ended = time.Now()
			s.mu.Lock()
			s.now[target]--
			s.mu.Unlock()
			return l
		},
		Seen:  func(r Report) error { s.reports = append(s.reports, r); return nil },
		Alert: func(a Alert) { s.alerts = append(s.alerts, a) },
	}
	return s
}

// run runs the watch for some time.
func (s *scene) run(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := New(s.config).Run(ctx); err != nil {
		t.Fatal(err)
	}
}

func (s *scene) events() []string {
	var list []string
	for _, a := range s.alerts {
		text := string(a.Event)
		if a.Reminder {
			text += " again"
		}
		list = append(list, text)
	}
	return list
}

func repos(every time.Duration, names ...string) []Target {
	var targets []Target
	for _, name := range names {
		targets = append(targets, Target{Member: "one", Binder: "https://one.example.org", Repo: name, Every: every})
	}
	return targets
}

func well(int, Target) launchtest.Launch { return launchtest.Launch{Result: launchtest.OK} }

func broken(cause launchtest.Cause) launchtest.Launch {
	return launchtest.Launch{Result: cause.Result(), Failure: &launchtest.Failure{Stage: launchtest.Pull, Cause: cause, Says: "so it is"}}
}

func TestLaunchesOnAnInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(repos(5*time.Minute, "a", "b"), 30*time.Second, well)
		s.run(t, 11*time.Minute)
		if diff := cmp.Diff([]string{"0 a", "0 b", "5 a", "5 b", "10 a", "10 b"}, s.began); diff != "" {
			t.Errorf("launches (-want +got):\n%s", diff)
		}
		if s.reports[0].State != Well || len(s.alerts) > 0 {
			t.Errorf("it was well, and was reported as %+v with alerts %v", s.reports[0], s.events())
		}
	})
}

func TestNeverTwoOfATargetAndNoMoreThanAllowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(repos(time.Minute, "a", "b", "c", "d", "e"), 3*time.Minute, well) // longer than the interval
		s.config.AtOnce = 2
		s.run(t, time.Hour)
		if s.atOnce != 2 {
			t.Errorf("%d launches at once, want 2", s.atOnce)
		}
		counts := map[string]int{}
		for _, b := range s.began {
			counts[strings.Fields(b)[1]]++
		}
		for name, n := range counts {
			if n < 7 || n > 9 { // 40 launches of 3 minutes fit, in fairness 8 each
				t.Errorf("%s was launched %d times of %d", name, n, len(s.began))
			}
		}
	})
}

func TestAlertsAfterKOfNWithReminderAndAllClear(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(repos(5*time.Minute, "a"), time.Second, func(n int, _ Target) launchtest.Launch {
			if n < 4 || n >= 24 {
				return well(n, Target{})
			}
			return broken(launchtest.NoImage)
		})
		s.run(t, 150*time.Minute)
		if diff := cmp.Diff([]string{"failing", "failing again", "recovered"}, s.events()); diff != "" {
			t.Errorf("alerts (-want +got):\n%s", diff)
		}
		a := s.alerts[0]
		if a.Failed != 3 || a.Of != 5 || a.Stage != launchtest.Pull || !strings.Contains(a.Text, "3 of the last 5 launches; the last broke at image pull") {
			t.Errorf("the alert is %+v", a)
		}
		if want := s.reports[4].Launch.Ended.UTC().Truncate(time.Second); !a.Since.Equal(want) {
			t.Errorf("it fails since %s, want since the first failure, %s", a.Since, want)
		}
		if got := s.reports[6]; got.State != Failing || !slices.Equal(got.Events, []Event{Fails}) {
			t.Errorf("the launch that tipped the scales was reported as %+v", got)
		}
	})
}

func TestBacksOffFromABinderThatRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		targets := append(repos(5*time.Minute, "a", "b", "c"), Target{Member: "two", Binder: "https://two.example.org", Repo: "elsewhere", Every: 5 * time.Minute})
		begin := time.Now()
		s := newScene(targets, time.Second, func(n int, target Target) launchtest.Launch {
			minutes := time.Since(begin).Minutes()
			if target.Member == "one" && minutes >= 4 && minutes < 240 {
				return broken(launchtest.RateLimited)
			}
			return well(n, target)
		})
		s.run(t, 6*time.Hour)
		var refused, other []string
		for _, b := range s.began {
			if strings.HasSuffix(b, "elsewhere") {
				other = append(other, b)
			} else if minute := strings.Fields(b)[0]; minute != "0" && len(refused) < 8 {
				refused = append(refused, minute)
			}
		}
		// One launch at a time, after 5, 10, 20, 40, 60 minutes, of whichever repository.
		if diff := cmp.Diff([]string{"5", "10", "20", "40", "80", "140", "200", "260"}, refused); diff != "" {
			t.Errorf("launches (-want +got):\n%s\n%v", diff, s.began)
		}
		if len(other) != 72 {
			t.Errorf("the other BinderHub was launched from %d times in six hours", len(other))
		}
		want := []string{"refused", "refused again", "refused again", "refused again", "refused again", "admitted"}
		if diff := cmp.Diff(want, s.events()); diff != "" {
			t.Errorf("alerts (-want +got):\n%s", diff)
		}
		for _, r := range s.reports {
			if r.State == Failing {
				t.Errorf("refused, and reported as failing: %+v", r)
			}
		}
		last := s.reports[len(s.reports)-1]
		if last.State != Well || last.Refusals != 0 {
			t.Errorf("it was admitted, and ends as %+v", last)
		}
	})
}

func TestARefusalIsNoAllClear(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(repos(5*time.Minute, "a"), time.Second, func(n int, _ Target) launchtest.Launch {
			if n < 3 {
				return broken(launchtest.NoHub)
			}
			return broken(launchtest.TotalQuota)
		})
		s.config.Rule.Remind = 0
		s.run(t, time.Hour)
		if last := s.reports[len(s.reports)-1]; last.State != Failing || last.Refusals < 3 {
			t.Errorf("it failed, is refused since, and ends as %s with %d refusals", last.State, last.Refusals)
		}
		if diff := cmp.Diff([]string{"failing", "refused"}, s.events()); diff != "" {
			t.Errorf("alerts (-want +got):\n%s", diff)
		}
		if got := s.alerts[1]; !got.Since.After(s.alerts[0].At) {
			t.Errorf("refused since %s, before it failed", got.Since)
		}
	})
}

func TestARepositoryQuotaHoldsBackThatRepositoryAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(repos(5*time.Minute, "full", "free"), time.Second, func(n int, target Target) launchtest.Launch {
			if target.Repo == "full" {
				return broken(launchtest.RepoQuota)
			}
			return well(n, target)
		})
		s.run(t, 61*time.Minute)
		count := map[string]int{}
		for _, b := range s.began {
			count[strings.Fields(b)[1]]++
		}
		if diff := cmp.Diff(map[string]int{"full": 4, "free": 13}, count); diff != "" { // at 0, 5, 15, 35
			t.Errorf("launches (-want +got):\n%s", diff)
		}
	})
}

func TestAServiceIsLeftAloneAsLongAsItAsks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(repos(5*time.Minute, "a"), time.Second, func(int, Target) launchtest.Launch {
			l := broken(launchtest.RateLimited)
			l.Failure.RetryAfter = 50 * time.Minute
			return l
		})
		s.run(t, 99*time.Minute)
		if diff := cmp.Diff([]string{"0 a", "50 a"}, s.began); diff != "" {
			t.Errorf("launches (-want +got):\n%s", diff)
		}
	})
}
