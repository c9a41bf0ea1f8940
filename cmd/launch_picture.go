package cmd

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/launchtest"
)

// barsShown is how many launches are drawn without -o wide.
const barsShown = 40

// How wide the picture of the longest launch is: at least so that a line fits into
// 80 columns with what stands in front of it, and more where there is room.
const (
	pictureWidth  = 40
	pictureWidest = 120
	pictureLead   = 40 // what may stand in front of it
)

// pictureRoom is how wide the picture may be here.
func (app *App) pictureRoom() int {
	if !app.Term.OutTTY {
		return pictureWidth
	}
	return min(max(app.Term.Width()-pictureLead, pictureWidth), pictureWidest)
}

// showLaunches writes what came of many launches: a bar each, the stages, and
// what broke.
func (app *App) showLaunches(w io.Writer, doc launchesDoc, wide bool) error {
	if len(doc.Launches) == 0 {
		put(w, "no launch was made")
		return nil
	}
	rows := doc.Launches
	if !wide && len(rows) > barsShown {
		rows = rows[:barsShown]
	}
	if err := showTable(app, w, barColumns(rows, app.pictureRoom()), numbered(rows), wide); err != nil {
		return err
	}
	if n := len(doc.Launches) - len(rows); n > 0 {
		put(w, fmt.Sprintf("and %d more: -o wide", n))
	}
	app.putFolded(w, "", pictureLegend(rows), foldedAt)
	put(w, "")
	if err := showTable(app, w, stageColumns(), doc.Stages, wide); err != nil {
		return err
	}
	stopped := func(f launchFailures) bool { return f.Cause == launchtest.ByOperator }
	failures := slices.DeleteFunc(slices.Clone(doc.Failures), stopped) // whoever did it knows
	put(w, "")
	if len(failures) > 0 {
		if err := showTable(app, w, failureColumns(wide), failures, wide); err != nil {
			return err
		}
		if !wide { // there it is in the table
			app.showSaid(w, failures)
		}
		put(w, "")
	}
	put(w, launchTally(doc.Launches))
	return nil
}

// launchTally is the answer in a line, which stands where the eye is at the end.
func launchTally(launches []launchtest.Launch) string {
	counts := map[string]int{}
	for _, l := range launches {
		counts[launchWord(l.Result)]++
	}
	ok := launchWord(launchtest.OK)
	parts := []string{fmt.Sprintf("%d of %d %s", counts[ok], len(launches), ok)}
	for _, word := range slices.Sorted(maps.Keys(counts)) {
		if word != ok {
			parts = append(parts, fmt.Sprintf("%d %s", counts[word], word))
		}
	}
	return strings.Join(parts, ", ")
}

// saidAt is how many lines what was said of a failure may take: BinderHub names the
// image and the user first, and only then says what happened.
const saidAt = 6

// showSaid writes what was said of failures, of the most frequent.
func (app *App) showSaid(w io.Writer, failures []launchFailures) {
	for _, f := range failures[:min(len(failures), namesShown)] {
		lead := string(f.Stage)
		if f.Node != "" {
			lead += " on " + f.Node
		}
		app.putFolded(w, "  ", ui.Clean(lead+": "+f.Means+": "+f.Says), saidAt)
	}
	if n := len(failures) - namesShown; n > 0 {
		put(w, fmt.Sprintf("  and %d more: -o wide", n))
	}
}

// pictureLegend says what the letters of a picture mean, of those that are in it.
func pictureLegend(launches []launchtest.Launch) string {
	there := map[byte]bool{}
	for _, l := range launches {
		for _, span := range l.Spans {
			there[stageLetter(span.Stage)] = span.Stage != launchtest.Shutdown || there[stageLetter(span.Stage)]
		}
	}
	var meanings []string
	for _, stage := range launchtest.Stages() {
		letter := stageLetter(stage)
		if !there[letter] {
			continue
		}
		there[letter] = false // the first stage of several that it stands for is told
		words := string(stage)
		switch stage {
		case launchtest.Spawn:
			words = "spawn and schedule"
		case launchtest.Kernel:
			words = "kernel"
		default:
		}
		meanings = append(meanings, string(letter)+" "+words)
	}
	return strings.Join(meanings, ", ") + "; the shutdown is left out"
}

func showTable[T any](app *App, w io.Writer, columns []ui.Column[T], rows []T, wide bool) error {
	lines, err := ui.Lines(app.Term, columns, rows, wide)
	if err != nil {
		return err
	}
	put(w, strings.Join(lines, "\n"))
	return nil
}

// numberedLaunch is a launch with its number, from 1.
type numberedLaunch struct {
	n int
	launchtest.Launch
}

func numbered(launches []launchtest.Launch) []numberedLaunch {
	rows := make([]numberedLaunch, len(launches))
	for i, l := range launches {
		rows[i] = numberedLaunch{i + 1, l}
	}
	return rows
}

// usable is how long a launch took without its shutdown.
func usable(l launchtest.Launch) time.Duration {
	return l.Ended.Sub(l.Began) - l.Took(launchtest.Shutdown)
}

func barColumns(rows []launchtest.Launch, width int) []ui.Column[numberedLaunch] {
	longest := time.Millisecond
	several := false
	for _, l := range rows {
		longest = max(longest, usable(l))
		several = several || l.Binder != rows[0].Binder
	}
	columns := []ui.Column[numberedLaunch]{
		{Header: "#", Right: true, Value: func(l numberedLaunch) string { return itoa(l.n) }},
		{Header: "RESULT", Value: func(l numberedLaunch) string { return string(l.Result) }, Role: func(l numberedLaunch) ui.Role {
			if l.Result != launchtest.OK {
				return ui.Bad
			}
			return ui.Plain
		}},
		{Header: "TOOK", Right: true, Value: func(l numberedLaunch) string { return shortTime(usable(l.Launch)) }},
		{Header: "STAGES", Value: func(l numberedLaunch) string { return launchBar(l.Launch, longest, width) }},
	}
	if several {
		columns = append(columns[:2:2], append([]ui.Column[numberedLaunch]{
			{Header: "FROM", Shrink: true, Value: func(l numberedLaunch) string { return cmp.Or(l.Member, l.Binder) }},
		}, columns[2:]...)...)
	}
	return columns
}

// launchBar is a picture of a launch: a letter for each part of its time, of which
// the longest launch fills the width.
func launchBar(l launchtest.Launch, longest time.Duration, width int) string {
	bar := []byte(strings.Repeat(" ", width))
	end := 0
	for _, span := range l.Spans {
		if span.Stage == launchtest.Shutdown {
			continue
		}
		from := int(span.Began.Sub(l.Began) * time.Duration(width) / longest)
		to := int(span.Began.Add(span.Took(l.Ended)).Sub(l.Began) * time.Duration(width) / longest)
		for i := max(0, from); i < min(to, width); i++ {
			bar[i] = stageLetter(span.Stage)
		}
		end = max(end, min(to, width))
	}
	if l.Failure != nil {
		end = min(end, width-1)
		bar[end] = '!'
		end++
	}
	return strings.TrimRight(string(bar[:end]), " ")
}

func stageLetter(stage launchtest.Stage) byte {
	switch stage {
	case launchtest.Connect:
		return 'c'
	case launchtest.Resolve:
		return '?'
	case launchtest.Queue:
		return 'q'
	case launchtest.Fetch:
		return 'f'
	case launchtest.Build:
		return 'b'
	case launchtest.Push:
		return 'p'
	case launchtest.Registry:
		return 'r'
	case launchtest.HubUser:
		return 'u'
	case launchtest.Spawn, launchtest.Schedule:
		return 's'
	case launchtest.Pull:
		return 'i'
	case launchtest.Start:
		return 'k'
	case launchtest.Route:
		return '/'
	case launchtest.ServerUp:
		return '^'
	default:
		return '*'
	}
}
