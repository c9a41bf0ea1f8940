package cmd

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/binderhub"
	"github.com/binderctl/binderctl/pkg/hub/checkup"
)

// launchesSeen is how launches go: what BinderHub says of itself, and two ways to
// tell how it is now, neither of which sees everything.
type launchesSeen struct {
	binderhub.State
	// Recent is what BinderHub has counted since an earlier look; null if there was
	// none. It tells of every launch.
	Recent *countedSince `json:"recent"`
	// RecentPods is what came of the pods made in the last minutes; null if they
	// could not be seen. It tells at the first look, and why a launch hangs.
	RecentPods *checkup.Lately `json:"recentPods"`

	unasked error  // why BinderHub could not be asked, or nil
	stuck   string // what the Hub's log says if no server starts, or ""
}

// Of launches, when enough were counted to speak of a share.
const (
	launchesLeast = 5
	launchesWarn  = 0.1 // of them fail: mybinder.org's own alert is at as much
	launchesBad   = 0.5
	// launchesRow is how many launches in a row have to hang for that to be no
	// accident, whatever was before.
	launchesRow = 5
)

// tryRepo is a repository to launch for a try: a small one of Binder's own.
const tryRepo = "binder-examples/requirements"

// stateOfShare is how bad it is that some failed of all.
func stateOfShare(failed, all int) statusState {
	switch share := float64(failed) / float64(max(all, 1)); {
	case all < launchesLeast:
		return stateOK
	case share >= launchesBad:
		return stateBad
	case share >= launchesWarn:
		return stateWarn
	default:
		return stateOK
	}
}

// judgeLaunches says how launches go now: by what BinderHub counted since an
// earlier look, and by the pods of the last minutes. What it counted since it
// began, maybe days ago, is evidence and no more.
func judgeLaunches(s launchesSeen, now time.Time) statusLine {
	line := statusLine{State: stateOK, words: []string{"launch", "test", tryRepo}, acts: true}
	if s.Pods > 0 && s.Ready == 0 && s.unasked == nil {
		line.State, line.Says = stateBad, "BinderHub is down: none of its "+count(s.Pods, "pod")+" is ready"
		line.words, line.acts = []string{"pods", "crashloops"}, false
		return line
	}
	s.judgeRecent(&line, now)
	line.Evidence = append(line.Evidence, s.counted(now)...)
	s.judgeBinder(&line)
	return line
}

// judgeRecent says how launches go now. The worse of the two ways to tell comes
// first, and of equals the one that tells of every launch; the other is evidence.
func (s *launchesSeen) judgeRecent(line *statusLine, now time.Time) {
	told := []recentTold{}
	if s.Recent != nil {
		told = append(told, toldByCounts(s.Recent, now))
	}
	if s.RecentPods != nil {
		told = append(told, toldByPods(s.RecentPods))
		line.trend = trend{of: "launches that hang", now: float64(s.RecentPods.Late)}
	}
	if s.stuck != "" && (s.RecentPods == nil || s.RecentPods.Up == 0) {
		told = append(told, recentTold{stateBad, s.stuck + ", by the Hub's log of the last " + ui.Age(statusLogSince), 1, bookHubBlind})
	}
	slices.SortStableFunc(told, func(a, b recentTold) int {
		if a.state != b.state {
			return a.state.rank() - b.state.rank()
		}
		return min(b.launches, 1) - min(a.launches, 1)
	})
	for i, one := range told {
		if i == 0 {
			line.State, line.Says, line.Runbook = one.state, one.says, one.runbook
		} else {
			line.Evidence = append(line.Evidence, one.says)
		}
	}
	if len(told) == 0 {
		line.Says = "how they go now could not be seen"
	}
}

// recentTold is how launches go by one way to tell.
type recentTold struct {
	state    statusState
	says     string
	launches int // of how many it tells
	runbook  string
}

func toldByCounts(c *countedSince, now time.Time) recentTold {
	all, span := c.Launched+c.Failed, " in the last "+ui.Age(now.Sub(c.Since))
	told := recentTold{state: stateOfShare(c.Failed, all), says: "no launch ended" + span, launches: all}
	if all > 0 {
		told.says = fmt.Sprintf("%d of %s failed", c.Failed, launches(all)) + span
	}
	if c.Refused > 0 {
		told.says += ", " + itoa(c.Refused) + " refused for quotas"
	}
	if told.state != stateOK {
		told.runbook = bookSickNode
	}
	return told
}

func toldByPods(l *checkup.Lately) recentTold {
	told := recentTold{state: stateOfShare(l.Late, l.Late+l.Up), says: podsWords(l), launches: l.Made}
	if l.Row >= launchesRow {
		told.state = stateBad
	}
	if told.state != stateOK {
		told.runbook = bookForLate(l)
	}
	return told
}

func launches(n int) string {
	if n == 1 {
		return "1 launch"
	}
	return itoa(n) + " launches"
}

// podsWords say what came of the pods of the last minutes.
func podsWords(l *checkup.Lately) string {
	span := " made in the last " + ui.Age(time.Duration(l.Seconds)*time.Second)
	if l.Made == 0 {
		return "no pod was" + span
	}
	var parts []string
	switch {
	case l.Up == l.Made:
		parts = append(parts, "all of "+count(l.Made, "pod")+span+" came up")
	case l.Up == 0 && l.Late > 0:
		parts = append(parts, "none of "+count(l.Made, "pod")+span+" came up")
	default:
		parts = append(parts, fmt.Sprintf("%d of %s%s came up", l.Up, count(l.Made, "pod"), span))
	}
	if l.Starting > 0 {
		parts = append(parts, fmt.Sprintf("%d starting", l.Starting))
	}
	if l.Late > 0 && l.Up > 0 {
		parts = append(parts, fmt.Sprintf("%d late", l.Late))
	}
	if l.Row >= launchesRow && l.Up > 0 {
		parts = append(parts, fmt.Sprintf("none of the latest %d", l.Row))
	}
	if l.Unplaced > 0 {
		parts = append(parts, fmt.Sprintf("%d waiting for a node", l.Unplaced))
	}
	if l.Unseen > 0 {
		parts = append(parts, fmt.Sprintf("%d running unseen by the Hub", l.Unseen))
	}
	return strings.Join(parts, ", ")
}

// counted is what BinderHub tells besides: what goes on, and what it has counted
// since it began.
func (s *launchesSeen) counted(now time.Time) []string {
	if s.NotCounted != "" {
		return []string{"not counted: " + s.NotCounted}
	}
	c := s.Counts
	if c == nil {
		return nil
	}
	told := []string{}
	if c.Launching+c.Building > 0 {
		told = append(told, fmt.Sprintf("under way: %s, %s", launches(c.Launching), count(c.Building, "build")))
	}
	all, since := c.Launched+c.Failed, "since BinderHub began"
	if !c.Since.IsZero() {
		since += ", " + ui.Age(max(0, now.Sub(c.Since))) + " ago"
	}
	if all > 0 {
		told = append(told, fmt.Sprintf("%s: %d of %s failed", since, c.Failed, launches(all)))
	}
	if s.Recent == nil {
		told = append(told, "what BinderHub counts is compared from the next look on")
	}
	return told
}

// judgeBinder says what BinderHub itself lacks, which comes before all else.
func (s *launchesSeen) judgeBinder(line *statusLine) {
	if s.unasked != nil {
		why := unseenWords(inWords(s.unasked))
		if line.State == stateOK {
			line.State, line.Says, line.err = stateUnknown, line.Says+"; "+why, s.unasked
		} else {
			line.Evidence = append(line.Evidence, why)
		}
		return
	}
	if failing := s.Health.Failing(); len(failing) > 0 || !s.Health.OK {
		line.State, line.Says = stateBad, "BinderHub cannot do without "+strings.Join(failing, " and ")+", which fails; "+line.Says
		if slices.Contains(failing, "JupyterHub API") {
			line.Runbook = bookRestartHub
		}
	}
	if have, quota, full := s.Health.Full(); full {
		line.State, line.Runbook = stateBad, bookClusterFull
		line.Says = fmt.Sprintf("nobody may launch: %d pods, and its quota is %d; %s", have, quota, line.Says)
	}
	if s.Pods > s.Ready {
		line.Evidence = append(line.Evidence, fmt.Sprintf("%d of its %d pods are ready", s.Ready, s.Pods))
		if line.State == stateOK {
			line.State, line.Says = stateWarn, fmt.Sprintf("%d of BinderHub's %d pods are ready; %s", s.Ready, s.Pods, line.Says)
		}
	}
}
