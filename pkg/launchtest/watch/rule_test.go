package watch

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/binderctl/binderctl/pkg/launchtest"
)

var start = time.Date(2026, 8, 21, 10, 0, 0, 0, time.UTC)

// results are launches, a letter each.
var results = map[rune]launchtest.Result{
	'o': launchtest.OK, 'x': launchtest.Failed, 't': launchtest.TimedOut, 'r': launchtest.Refused, 's': launchtest.Stopped,
}

func TestRule(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		rule     Rule
		launches string // a minute apart
		want     string // F and R below the launch that they come with
	}{
		{"one failure wakes nobody", Rule{Fail: 3, Of: 5, Recover: 2}, "oxoooxooo", "........."},
		{"three of five do", Rule{Fail: 3, Of: 5, Recover: 2}, "oxoxx", "....F"},
		{"three of six do not", Rule{Fail: 3, Of: 5, Recover: 2}, "xooxox", "......"},
		{"from the start", Rule{Fail: 3, Of: 5, Recover: 2}, "xxxxxx", "..F..."},
		{"time-outs are failures", Rule{Fail: 2, Of: 2, Recover: 1}, "txo", ".FR"},
		{"the all-clear takes two in a row", Rule{Fail: 3, Of: 5, Recover: 2}, "xxxoxoxoo", "..F.....R"},
		{"what was told is not counted again", Rule{Fail: 3, Of: 5, Recover: 2}, "xxxooxxoox", "..F.R....F"},
		{"a relapse is told", Rule{Fail: 2, Of: 3, Recover: 1}, "xxoxx", ".FR.F"},
		{"one of one", Rule{Fail: 1, Of: 1, Recover: 1}, "oxoxo", ".FRFR"},
		{"refused and stopped ones do not count", Rule{Fail: 2, Of: 2, Recover: 2}, "xrrsxorso", "....F...R"},
		{"the all-clear may take longer than the window", Rule{Fail: 1, Of: 1, Recover: 3}, "xoooo", "F..R."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			j := judge{rule: test.rule}
			var got strings.Builder
			for i, c := range test.launches {
				switch j.note(start.Add(time.Duration(i)*time.Minute), results[c]) {
				case Fails:
					got.WriteByte('F')
				case Recovered:
					got.WriteByte('R')
				default:
					got.WriteByte('.')
				}
			}
			if diff := cmp.Diff(test.want, got.String()); diff != "" {
				t.Errorf("launches %s (-want +got):\n%s", test.launches, diff)
			}
		})
	}
}

func TestFailureBeganWithItsFirstLaunch(t *testing.T) {
	t.Parallel()
	j := judge{rule: Rule{Fail: 2, Of: 3, Recover: 1}}
	for i, c := range "ooxox" {
		j.note(start.Add(time.Duration(i)*time.Minute), results[c])
	}
	if want := start.Add(2 * time.Minute); !j.since.Equal(want) {
		t.Errorf("fails since %s, want %s", j.since, want)
	}
}

func TestReminders(t *testing.T) {
	t.Parallel()
	j := judge{rule: Rule{Fail: 1, Of: 1, Recover: 1, Remind: time.Hour}}
	j.note(start, launchtest.Failed)
	var reminded []int
	for minute := range 180 {
		if j.remind(start.Add(time.Duration(minute) * time.Minute)) {
			reminded = append(reminded, minute)
		}
	}
	if diff := cmp.Diff([]int{60, 120}, reminded); diff != "" {
		t.Errorf("reminders (-want +got):\n%s", diff)
	}
	j.note(start.Add(3*time.Hour), launchtest.OK)
	if j.remind(start.Add(9 * time.Hour)) {
		t.Error("it is well, and people are reminded")
	}
}

func TestBrake(t *testing.T) {
	t.Parallel()
	b := brake{first: 5 * time.Minute, most: time.Hour}
	now := start
	var waits []string
	for range 6 {
		b.refused(now, now, 0, Pace{}, 0)
		waits = append(waits, b.until.Sub(now).String())
		now = b.until
	}
	if diff := cmp.Diff([]string{"5m0s", "10m0s", "20m0s", "40m0s", "1h0m0s", "1h0m0s"}, waits); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
	if b.admitted(now.Add(-2 * time.Hour)) {
		t.Error("a launch that began before the brake was set has released it")
	}
	if !b.admitted(now) || b.refusals != 0 {
		t.Error("a launch that was admitted has not released the brake")
	}
	b.refused(now, now, 3*time.Hour, Pace{Jitter: 0.2}, 0.5)
	if got, want := b.until.Sub(now), 3*time.Hour+18*time.Minute; got != want {
		t.Errorf("asked for three hours, it waits %s, want %s", got, want)
	}
	until := b.until
	b.refused(now.Add(-time.Minute), now.Add(time.Second), 0, Pace{}, 0)
	if b.refusals != 1 || b.until != until {
		t.Error("a launch that was under way when the brake was set has set it anew")
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	p := Pace{Jitter: 0.2}
	for _, test := range []struct {
		random float64
		want   time.Duration
	}{{0, 4 * time.Minute}, {0.5, 5 * time.Minute}, {1, 6 * time.Minute}} {
		if got := p.spread(5*time.Minute, test.random); got.Round(time.Millisecond) != test.want {
			t.Errorf("random %g: %s, want %s", test.random, got, test.want)
		}
	}
}
