package cmd

import (
	"cmp"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/launchtest"
)

// launchView shows launches while they go on: the stage with its clock and the
// last line of the log on a terminal, a line a stage elsewhere.
type launchView struct {
	app  *App
	plan *launchPlan
	log  bool
	live liveLine
	stop chan struct{}
	done sync.WaitGroup

	mu       sync.Mutex
	now      map[int]launchtest.Moment // of the launches under way
	ended    int
	notWell  int
	lastLine string
	note     string // what the cluster shows to be wrong, or ""
}

// clockTick is how often the clock on the terminal moves.
const clockTick = 100 * time.Millisecond

// liveLine is where the line is that is redrawn.
type liveLine interface {
	Shown() bool
	Set(text string)
	Done()
}

// noteLine is one behind the bar of work of which the launches are a part.
type noteLine struct {
	*ui.Live
	progress *ui.Progress
}

// Set shows a text.
func (l noteLine) Set(text string) { l.progress.Note(text) }

// Done takes it off.
func (l noteLine) Done() { l.progress.Note("") }

func (app *App) newLaunchView(plan *launchPlan, log bool, live liveLine) *launchView {
	v := &launchView{app: app, plan: plan, log: log, live: live, stop: make(chan struct{}), now: map[int]launchtest.Moment{}}
	for i := range plan.all {
		plan.all[i].Tell = func(m launchtest.Moment) { v.heard(i, m) }
	}
	if v.live.Shown() {
		v.done.Go(v.tick)
	}
	return v
}

// tick moves the clock until the view is closed.
func (v *launchView) tick() {
	ticker := time.NewTicker(clockTick)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			v.mu.Lock()
			text := v.line()
			v.mu.Unlock()
			v.live.Set(text)
		case <-v.stop:
			return
		}
	}
}

// close ends the view.
func (v *launchView) close() {
	close(v.stop)
	v.done.Wait()
	v.live.Done()
}

// heard takes in what a launch tells.
func (v *launchView) heard(i int, m launchtest.Moment) {
	v.mu.Lock()
	before, known := v.now[i]
	v.now[i] = m
	if m.Log != "" {
		v.lastLine = m.Log
	}
	noted := m.Note != "" && v.note == "" && len(v.plan.all) == 1
	v.note = m.Note
	v.mu.Unlock()
	if noted {
		v.app.Term.Warn("%s", m.Note)
	}
	if m.Log != "" && v.log {
		v.sayLog(i, m.Log)
	}
	if known && before.Stage != m.Stage {
		v.sayStage(before, m.Since.Sub(before.Since))
	}
}

// sayLog shows a line of the log, of several launches with the number.
func (v *launchView) sayLog(i int, line string) {
	lead := ""
	if len(v.plan.all) > 1 {
		lead = fmt.Sprintf("%d: ", i+1)
	}
	for part := range strings.Lines(line) {
		_, _ = fmt.Fprintf(v.app.Term.Err, "%s%s\n", lead, ui.Clean(strings.TrimRight(part, "\r\n")))
	}
}

// sayStage says how long a stage took, if there is but one launch.
func (v *launchView) sayStage(m launchtest.Moment, took time.Duration) {
	if len(v.plan.all) == 1 && took >= tellingTime {
		v.app.Term.Say("%s", fmt.Sprintf("  %-16s %s", m.Stage, shortTime(took)))
	}
}

// tellingTime is how long a stage must have taken to be worth a line.
const tellingTime = 50 * time.Millisecond

// finished takes in that a launch is through.
func (v *launchView) finished(i int, l launchtest.Launch) {
	v.mu.Lock()
	last, known := v.now[i]
	delete(v.now, i)
	v.ended++
	if l.Result != launchtest.OK {
		v.notWell++
	}
	v.mu.Unlock()
	if known {
		v.sayStage(last, l.Ended.Sub(last.Since))
	}
	if len(v.plan.all) > 1 && !v.live.Shown() {
		v.app.Term.Say("%d of %d: %s", v.ended, len(v.plan.all), memberLead(l)+launchVerdict(l))
	}
}

// line is what the terminal shows now.
func (v *launchView) line() string {
	if len(v.plan.all) > 1 {
		text := fmt.Sprintf("%d of %d launches through, %d under way", v.ended, len(v.plan.all), len(v.now))
		if v.notWell > 0 {
			text += fmt.Sprintf(", %d not well", v.notWell)
		}
		return text + v.stages()
	}
	for _, m := range v.now {
		text := fmt.Sprintf("%s %s", m.Stage, shortTime(v.app.Now().Sub(m.Since)))
		if last := cmp.Or(v.note, v.lastLine); last != "" {
			text += "  | " + last
		}
		return text
	}
	return ""
}

// stages counts the launches in each stage.
func (v *launchView) stages() string {
	counts := map[launchtest.Stage]int{}
	for _, m := range v.now {
		counts[m.Stage]++
	}
	var texts []string
	for _, stage := range launchtest.Stages() {
		if n := counts[stage]; n > 0 {
			texts = append(texts, fmt.Sprintf("%d %s", n, stage))
		}
	}
	if len(texts) == 0 {
		return ""
	}
	return ": " + strings.Join(texts, ", ")
}

// shortTime is a duration as a stopwatch shows it: 0.24 s, 14.2 s, 3m20s.
func shortTime(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	default:
		return d.Round(time.Second).String()
	}
}
