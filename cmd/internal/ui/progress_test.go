package ui

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clipperhouse/displaywidth"
)

func TestProgressLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		width int
		env   map[string]string
		total int
		note  string
		want  string
	}{
		"80 columns":      {80, nil, 1000, "", "culling pods  [███████▌                      ]  250/1000  25/s  30s left"},
		"80 with a note":  {80, nil, 1000, "waiting for jupyter-a", "culling pods  [███████▌                      ]  250/1000  25/s  30s left"},
		"200 with a note": {200, nil, 1000, "waiting for \x1b[2Jjupyter-a", "culling pods  [███████▌                      ]  250/1000  25/s  30s left  waiting for jupyter-a"},
		"100 with a note": {100, nil, 1000, "waiting for jupyter-a-very-long-name", "culling pods  [███████▌                      ]  250/1000  25/s  30s left  waiting for jupyter-a-ve…"},
		"60 columns":      {60, nil, 1000, "", "culling pods  [████▎            ]  250/1000  25/s  30s left"},
		"40 columns":      {40, nil, 1000, "", "culling pods  250/1000  25/s  30s left"},
		"20 columns":      {20, nil, 1000, "", "culling pods  250/1"},
		"ASCII":           {80, map[string]string{"LANG": "C"}, 1000, "", "culling pods  [#######                       ]  250/1000  25/s  30s left"},
		"no total yet":    {80, nil, 0, "", "culling pods  250  25/s"},
		"all of it":       {80, nil, 250, "", "culling pods  [██████████████████████████████]  250/250  25/s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, setup{tty: true, width: c.width, env: c.env})
			p := f.Start("culling pods", c.total)
			p.Note(c.note)
			f.clock.Advance(10 * time.Second)
			p.Step(250)
			shown := screenful(f.err.String())
			equalLines(t, shown, c.want)
			if width := displaywidth.String(shown[0]); width >= c.width {
				t.Errorf("the line takes %d of %d columns", width, c.width)
			}
		})
	}
}

func TestProgressOnATerminal(t *testing.T) {
	t.Parallel()
	f := newFixture(t, setup{tty: true, width: 80})
	f.Configure(Options{Color: ColorNever})
	p := f.Start("culling", 100)
	equalLines(t, screenful(f.err.String()), "culling  [                              ]  0/100")

	drawn := len(f.err.String())
	for range 50 { // faster than anybody can read
		f.clock.Advance(time.Millisecond)
		p.Step(1)
	}
	if now := len(f.err.String()); now != drawn {
		t.Errorf("redrawn too often: %q", f.err.String()[drawn:])
	}
	f.clock.Advance(1950 * time.Millisecond)
	p.Step(0)
	half := "culling  [███████████████               ]  50/100  25/s  2s left"
	equalLines(t, screenful(f.err.String()), half)

	f.Warn("one is stuck")
	equalLines(t, screenful(f.err.String()), "warning: one is stuck", half)

	fmt.Fprint(f.Err, "half a ")
	f.clock.Advance(time.Second)
	p.Step(25)
	equalLines(t, screenful(f.err.String()), "warning: one is stuck", "half a ")
	fmt.Fprintln(f.Err, "line")
	equalLines(t, screenful(f.err.String()), "warning: one is stuck", "half a line",
		"culling  [██████████████████████▌       ]  75/100  25/s  1s left")

	p.Done()
	p.Done()
	p.Step(1)
	equalLines(t, screenful(f.err.String()), "warning: one is stuck", "half a line", "culling: 75/100 in 3s", "")
	f.Say("and so on")
	equalLines(t, screenful(f.err.String()), "warning: one is stuck", "half a line", "culling: 75/100 in 3s", "and so on", "")
}

// TestProgressBesideTheAnswer prints to stdout while a line is on the screen
// that both streams share.
func TestProgressBesideTheAnswer(t *testing.T) {
	t.Parallel()
	var both syncBuffer
	term := NewTerminal(Streams{Out: &both, Err: &both, IsTTY: func(any) bool { return true }})
	p := term.Start("testing", 0)
	fmt.Fprintln(term.Out, "a row")
	equalLines(t, screenful(both.String()), "a row", "testing  0")
	p.Done()
	equalLines(t, screenful(both.String()), "a row", "")
}

func TestProgressUnderAQuestion(t *testing.T) {
	t.Parallel()
	f := newFixture(t, setup{tty: true, in: strings.NewReader("y\n")})
	p := f.Start("draining", 0)
	if err := f.Confirm(t.Context(), "Evict?"); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(f.err) // as the terminal echoes the answer
	f.clock.Advance(time.Second)
	p.Step(1)
	equalLines(t, screenful(f.err.String()), "Evict? [y/N] ", "draining  1  1.0/s")
}

func TestProgressElsewhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		setup setup
		quiet bool
		total int
		note  string
		every time.Duration
		steps int
		want  string
	}{
		"shorter than a second": {total: 10, every: 90 * time.Millisecond, steps: 10},
		"a tenth is rarer": {total: 50, every: 2 * time.Second, steps: 50, want: `
culling: 5/50, 30/min, 90s left
culling: 10/50, 30/min, 80s left
culling: 15/50, 30/min, 70s left
culling: 20/50, 30/min, 60s left
culling: 25/50, 30/min, 50s left
culling: 30/50, 30/min, 40s left
culling: 35/50, 30/min, 30s left
culling: 40/50, 30/min, 20s left
culling: 45/50, 30/min, 10s left
culling: 50/50, 30/min
culling: 50/50 in 100s
`},
		"five seconds are": {total: 40, every: 300 * time.Millisecond, steps: 40, want: `
culling: 17/40, 3.3/s, 7s left
culling: 34/40, 3.3/s, 2s left
culling: 40/40 in 12s
`},
		"slow": {total: 100, note: "waiting\nfor a", every: 45 * time.Second, steps: 3, want: `
culling: 2/100, 1/min, 73m left, waiting for a
culling: 3/100 in 2m15s
`},
		"no total":       {every: 3 * time.Second, steps: 4, want: "\nculling: 2, 20/min\nculling: 4, 20/min\nculling: 4 in 12s\n"},
		"quiet":          {quiet: true, total: 50, every: 2 * time.Second, steps: 50},
		"quiet terminal": {setup: setup{tty: true}, quiet: true, total: 50, every: 2 * time.Second, steps: 50},
		"dumb terminal": {setup: setup{tty: true, env: map[string]string{"TERM": "dumb"}}, total: 2, every: 6 * time.Second, steps: 2, want: `
culling: 1/2, 10/min, 6s left
culling: 2/2, 10/min
culling: 2/2 in 12s
`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, c.setup)
			f.Configure(Options{Quiet: c.quiet})
			p := f.Start("culling", 0)
			p.Total(c.total)
			p.Note(c.note)
			for range c.steps {
				f.clock.Advance(c.every)
				p.Step(1)
			}
			p.Done()
			equal(t, strings.TrimPrefix("\n"+f.err.String(), "\n"), strings.TrimPrefix(c.want, "\n"))
			equal(t, f.out.String(), "")
		})
	}
}

// TestProgressFromMany has its worth under the race detector.
func TestProgressFromMany(t *testing.T) {
	t.Parallel()
	f := newFixture(t, setup{tty: true, width: 80})
	p := f.Start("culling", 800)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 100 {
				f.clock.Advance(10 * time.Millisecond)
				p.Step(1)
				p.Note(strconv.Itoa(i))
				if i == 0 {
					f.Say("line")
					fmt.Fprintln(f.Out, "row")
				}
			}
		})
	}
	all.Wait()
	p.Done()
	lines := screenful(f.err.String())
	equal(t, lines[len(lines)-2], "culling: 800/800 in 8s")
	if len(lines) != 102 {
		t.Errorf("got %d lines, want the 100 said, the end and the one begun", len(lines))
	}
	if strings.Count(f.out.String(), "row") != 100 {
		t.Error("rows were lost")
	}
}
