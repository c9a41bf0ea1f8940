package ui

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/clipperhouse/displaywidth"
)

const (
	redrawEvery = 100 * time.Millisecond // on a terminal
	plainEvery  = 5 * time.Second        // elsewhere, and only after a tenth more
	plainAtMost = time.Minute            // elsewhere, however little was done
	worthALine  = time.Second            // work shorter than this leaves no trace
	maxBar      = 30
	minBar      = 8
)

// Progress shows how far some work has come. On a terminal it is one line that
// is redrawn: a bar, the count, the rate and the time left. Elsewhere it is a
// line at every tenth of the work, but not more often than every five seconds.
// Work that took a second or more leaves one line that says so at the end. With
// --quiet there is nothing at all.
//
// It draws when it is called and has no timer of its own, so a test with a clock
// of its own sees each time the same. (The bars there are as libraries draw by
// the real clock, and know nothing of what is written to stderr meanwhile.)
//
// A Progress may be used by many goroutines. Of several at once the terminal
// shows the one that moved last.
type Progress struct {
	t        *Terminal
	label    string
	began    time.Time
	shown    time.Time // when last drawn
	shownPct int       // how far it was then
	total    int
	done     int
	note     string
	finished bool
}

// Start begins to show the progress of work in so many steps; a total of zero is
// one not known yet. The label says what is being done: "culling pods". Done
// must be called at the end, whatever becomes of the work.
func (t *Terminal) Start(label string, total int) *Progress {
	now := t.now()
	p := &Progress{t: t, label: Clean(label), total: total, began: now, shown: now}
	t.screen.mu.Lock()
	defer t.screen.mu.Unlock()
	if t.redraws && !t.quiet {
		t.screen.draw(p.line(now, t.Width()-1))
	}
	return p
}

// Step adds n to what is done.
func (p *Progress) Step(n int) { p.update(func() { p.done += n }) }

// Total sets how many steps there are, once it is known or has changed.
func (p *Progress) Total(n int) { p.update(func() { p.total = n }) }

// Note sets a remark that is shown behind the figures: what is being worked on,
// or waited for.
func (p *Progress) Note(text string) {
	text = Clean(text)
	p.update(func() { p.note = text })
}

// Done ends the work. Calling it again, or Step after it, has no effect.
func (p *Progress) Done() {
	p.t.screen.mu.Lock()
	defer p.t.screen.mu.Unlock()
	if p.finished || p.t.quiet {
		return
	}
	p.finished = true
	if p.t.redraws {
		p.t.screen.draw("")
	}
	if took := p.t.now().Sub(p.began); took >= worthALine {
		p.say(fmt.Sprintf("%s: %s in %s", p.label, p.count(), Age(took)))
	}
}

// update changes the state and shows it, if it is time to.
func (p *Progress) update(change func()) {
	p.t.screen.mu.Lock()
	defer p.t.screen.mu.Unlock()
	if p.finished || p.t.quiet {
		return
	}
	change()
	now := p.t.now()
	since := now.Sub(p.shown)
	if p.t.redraws {
		if since >= redrawEvery {
			p.shown = now
			p.t.screen.draw(p.line(now, p.t.Width()-1))
		}
		return
	}
	percent := p.percent()
	if since >= plainAtMost || since >= plainEvery && (p.total <= 0 || percent >= p.shownPct+10) {
		p.shown, p.shownPct = now, percent
		p.say(strings.Join(p.words(now), ", "))
	}
}

// say writes a line that stays. The caller holds the lock.
func (p *Progress) say(line string) {
	screen := p.t.screen
	if p.t.ErrTTY {
		_, _ = screen.pass(screen.err, []byte(line+"\n"))
		return
	}
	_, _ = fmt.Fprintln(screen.err, line)
}

// words returns the parts of a plain line.
func (p *Progress) words(now time.Time) []string {
	words := []string{p.label + ": " + p.count()}
	words = append(words, p.speed(now)...)
	if p.note != "" {
		words = append(words, p.note)
	}
	return words
}

// line returns the redrawn line, no wider than width. What gives way first is
// the note, then the bar, then the end of the line.
func (p *Progress) line(now time.Time, width int) string {
	figures := strings.Join(append([]string{p.count()}, p.speed(now)...), "  ")
	room := width - displaywidth.String(p.label) - displaywidth.String(figures) - 2
	parts := []string{p.label}
	if bar := min(room-4, maxBar); p.total > 0 && bar >= minBar {
		parts = append(parts, p.bar(bar))
		room -= bar + 4
	}
	parts = append(parts, figures)
	if p.note != "" && room-2 >= minShrunk {
		parts = append(parts, displaywidth.TruncateString(p.note, room-2, p.t.ellipsis()))
	}
	return displaywidth.TruncateString(strings.Join(parts, "  "), max(width, 0), "")
}

// bar returns a bar of exactly width columns and its two brackets.
func (p *Progress) bar(width int) string {
	bar := p.t.Bar(p.done, p.total, width)
	return "[" + bar + strings.Repeat(" ", width-displaywidth.String(bar)) + "]"
}

func (p *Progress) count() string {
	if p.total <= 0 {
		return strconv.Itoa(p.done)
	}
	return fmt.Sprintf("%d/%d", p.done, p.total)
}

func (p *Progress) percent() int {
	if p.total <= 0 {
		return 0
	}
	return p.done * 100 / p.total
}

// speed returns the rate and the time left, as far as they can be told.
func (p *Progress) speed(now time.Time) []string {
	elapsed := now.Sub(p.began)
	if p.done <= 0 || elapsed < redrawEvery {
		return nil
	}
	perSecond := float64(p.done) / elapsed.Seconds()
	words := []string{rate(perSecond)}
	if left := p.total - p.done; left > 0 {
		seconds := math.Ceil(float64(left) / perSecond)
		words = append(words, Age(time.Duration(seconds)*time.Second)+" left")
	}
	return words
}

// rate returns a rate in the unit in which it is at least one.
func rate(perSecond float64) string {
	switch {
	case perSecond >= 10:
		return fmt.Sprintf("%.0f/s", perSecond)
	case perSecond >= 1:
		return fmt.Sprintf("%.1f/s", perSecond)
	default:
		return fmt.Sprintf("%.0f/min", perSecond*60)
	}
}
