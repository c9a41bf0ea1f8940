package incident

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// numbers writes what was counted: at the opening, at the close, at the checks
// between.
func (r *report) numbers() {
	in := r.in
	if in.Opening == nil && in.Closing == nil && len(in.Checks) == 0 {
		return
	}
	r.line("### In numbers\n")
	if in.Opening != nil || in.Closing != nil {
		r.comparison()
		r.phases()
		r.repos()
	}
	r.trends()
	r.lastCheck()
}

// comparison is the snapshots side by side.
func (r *report) comparison() {
	first, last := r.in.Opening, r.in.Closing
	r.line("| | opened | closed |\n|---|--:|--:|")
	row := func(name string, value func(*Snapshot) string) {
		r.line("| %s | %s | %s |", name, cell(first, value), cell(last, value))
	}
	users := func(value func(*Users) string) func(*Snapshot) string {
		return func(s *Snapshot) string {
			if s.Users == nil {
				return "not seen"
			}
			return value(s.Users)
		}
	}
	nodes := func(value func(*Nodes) int) func(*Snapshot) string {
		return func(s *Snapshot) string {
			if s.Nodes == nil {
				return "not seen"
			}
			return strconv.Itoa(value(s.Nodes))
		}
	}
	row("user pods", users(func(u *Users) string { return strconv.Itoa(u.Pods) }))
	row("of them waiting (Pending)", users(func(u *Users) string { return strconv.Itoa(u.Pending) }))
	row("oldest user pod", users(func(u *Users) string { return spanSaid(u.Oldest) }))
	row("longest wait", users(func(u *Users) string { return spanSaid(u.OldestPending) }))
	row("nodes", nodes(func(n *Nodes) int { return n.Nodes }))
	row("of them cordoned", nodes(func(n *Nodes) int { return n.Cordoned }))
	row("of them not ready", nodes(func(n *Nodes) int { return n.NotReady }))
	r.line("")
}

func cell(s *Snapshot, value func(*Snapshot) string) string {
	if s == nil {
		return "–"
	}
	return value(s)
}

func spanSaid(seconds float64) string {
	if seconds <= 0 {
		return "–"
	}
	return age(time.Duration(seconds * float64(time.Second)))
}

// bar is a value with its name, to be drawn.
type bar struct {
	name string
	n    int
}

// barLength is how long the longest bar is, in characters.
const barLength = 40

// label is a text of a chart: what is in it can end neither the line nor the block.
func label(text string) string {
	return strings.NewReplacer("\r", " ", "\n", " ", "`", "'").Replace(text)
}

// chart draws bars below a heading, in a block that GitHub shows as it is.
func (r *report) chart(title string, bars []bar) {
	widest, most, digits := 0, 0, 0
	for i := range bars {
		bars[i].name = label(bars[i].name)
		b := bars[i]
		widest = max(widest, utf8.RuneCountInString(b.name))
		most, digits = max(most, b.n), max(digits, len(strconv.Itoa(b.n)))
	}
	if most == 0 {
		return
	}
	r.line("```text\n%s", label(title))
	for _, b := range bars {
		length := 0
		if b.n > 0 { // what is written down may be anything
			length = max(1, int(float64(b.n)/float64(most)*barLength))
		}
		name := b.name + strings.Repeat(" ", widest-utf8.RuneCountInString(b.name))
		r.line("%s", strings.TrimRight(fmt.Sprintf("  %s  %*d  %s", name, digits, b.n, strings.Repeat("█", length)), " "))
	}
	r.line("```\n")
}

// phases draws user pods by phase.
func (r *report) phases() {
	var bars []bar
	for _, s := range []struct {
		when string
		*Snapshot
	}{{"opened", r.in.Opening}, {"closed", r.in.Closing}} {
		if s.Snapshot == nil || s.Users == nil {
			continue
		}
		for _, phase := range slices.Sorted(maps.Keys(s.Users.Phases)) {
			bars = append(bars, bar{s.when + "  " + phase, s.Users.Phases[phase]})
		}
	}
	r.chart("user pods by phase", bars)
}

// repos draws the repositories with the most pods at the opening.
func (r *report) repos() {
	if r.in.Opening == nil {
		return
	}
	var bars []bar
	for _, repo := range r.in.Opening.Repos {
		bars = append(bars, bar{repo.Name, repo.Pods})
	}
	r.chart("repositories with the most user pods when it was opened", bars)
}

// trends draws what was counted at several checks.
func (r *report) trends() {
	if len(r.in.Checks) < 2 {
		return
	}
	last := r.in.LastCheck()
	for _, criterion := range last.Results {
		var bars []bar
		for i := range r.in.Checks {
			check := &r.in.Checks[i]
			if result := check.Find(criterion.Name); result != nil && result.Count != nil {
				bars = append(bars, bar{check.At.UTC().Format("01-02 15:04"), *result.Count})
			}
		}
		if len(bars) > 1 {
			r.chart(criterion.Name+" at each check (UTC)", bars)
		}
	}
}

// lastCheck is what the latest check saw.
func (r *report) lastCheck() {
	check := r.in.LastCheck()
	if check == nil {
		return
	}
	r.line("The last check, %s:\n", r.moment(check.At))
	r.line("| criterion | | seen |\n|---|---|---|")
	for _, result := range check.Results {
		r.line("| %s | %s | %s |", said(result.Holds), said(string(result.State)), said(result.Says))
	}
	r.line("")
}
