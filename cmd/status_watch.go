package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/cmd/internal/ui/live"
	"github.com/binderctl/binderctl/pkg/cluster"
)

// watchStatus looks again and again until the operator has seen enough, which is
// no failure.
func (app *App) watchStatus(ctx context.Context, client *cluster.Client, opts statusOptions) error {
	if _, _, ok := app.Term.Whole(); ok && opts.output.IsHuman() {
		return app.statusScreen(ctx, client, opts)
	}
	show, err := app.statusFeed(opts.output)
	if err != nil {
		return err
	}
	for {
		report, err := app.lookAround(ctx, client, opts)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // Ctrl-C is how a watch ends
		case err != nil:
			return err
		}
		if err := show(report); err != nil {
			return err
		}
		select {
		case <-time.After(opts.interval):
		case <-ctx.Done():
			return nil
		}
	}
}

// statusFeed is how reports are printed one after another where there is no
// terminal: screens with a line between, or JSON, one document a line.
func (app *App) statusFeed(format ui.Format) (func(statusReport) error, error) {
	if format.IsHuman() {
		first := true
		return func(r statusReport) error {
			lines := app.statusLines(&r, format == ui.Wide)
			if !first {
				lines = append([]string{""}, lines...)
			}
			first = false
			return app.writeOut(lines...)
		}, nil
	}
	if format != ui.JSON {
		return nil, fmt.Errorf("%w: with --watch, one of table, wide, json", ui.ErrFormat)
	}
	feed, err := ui.NewFeed(app.Term, format, ui.Document[statusReport]{})
	if err != nil {
		return nil, err
	}
	return func(r statusReport) error { return feed.Show([]statusReport{r}) }, nil
}

// statusScreen draws the screen and has it typed at.
func (app *App) statusScreen(ctx context.Context, client *cluster.Client, opts statusOptions) error {
	v := &statusViewer{seen: history{}, latest: map[string]statusLine{}}
	return live.Run(ctx, live.Options{
		Term: app.Term, Interval: opts.interval,
		Look: func(ctx context.Context) live.Frame {
			report, err := app.lookAround(ctx, client, opts)
			if err != nil { // the operator is leaving
				return live.Frame{Title: ui.Clean(inWords(err))}
			}
			return v.frame(app.program(), &report)
		},
		Detail: func(ctx context.Context, row live.Row, width int) []string {
			return app.details(ctx, v.line(row.Name), opts.global, width)
		},
		Book: func(ctx context.Context, row live.Row, width int) []string {
			return app.inside(ctx, append([]string{"runbook", "show", v.line(row.Name).Runbook}, opts.global...), width)
		},
	})
}

// statusViewer is what the screen remembers. A look and a detail may come at once.
type statusViewer struct {
	mu     sync.Mutex
	seen   history
	latest map[string]statusLine
}

func (v *statusViewer) frame(program string, r *statusReport) live.Frame {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, line := range r.Checks {
		v.latest[line.Name] = line
	}
	return frameOf(program, r, v.seen)
}

func (v *statusViewer) line(name string) statusLine {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.latest[name]
}

// history is what each check's figure was, look by look.
type history map[string][]float64

// remembered is how many looks are remembered: as many as the widest chart shows.
const remembered = 60

// add takes in a line and returns what to draw of it: what the data itself tells
// of the past hour, else what was seen.
func (h history) add(line *statusLine) []float64 {
	if line.State == stateUnknown || line.trend.of == "" {
		return h[line.Name]
	}
	h[line.Name] = append(h[line.Name], line.trend.now)
	h[line.Name] = h[line.Name][max(0, len(h[line.Name])-remembered):]
	if len(line.trend.past) > 0 {
		return line.trend.past
	}
	return h[line.Name]
}

// frameOf is a report as the screen of a program of that name shows it.
func frameOf(program string, r *statusReport, seen history) live.Frame {
	symbol, role := r.Verdict.shown()
	frame := live.Frame{
		Title: ui.Clean(statusWhere(r)), Mark: symbol + strings.ToUpper(r.Verdict.word()), Role: role, Sum: r.sum(),
	}
	for i := range r.Checks {
		line := &r.Checks[i]
		symbol, role := line.State.shown()
		book := ""
		if line.Runbook != "" {
			book = program + " runbook show " + line.Runbook
		}
		frame.Rows = append(frame.Rows, live.Row{
			Mark: symbol + line.State.word(), Role: role, Name: line.Name, Says: ui.Clean(line.Says), More: cleanAll(line.Evidence),
			Trend: seen.add(line), Of: line.trend.of, Next: ui.Clean(line.Next), Book: book,
		})
	}
	return frame
}

// details is what a line's next command prints, if it only looks. It is called with
// the global flags that this one was called with.
func (app *App) details(ctx context.Context, line statusLine, global []string, width int) []string {
	switch {
	case len(line.words) == 0:
		return ui.Break(ui.Clean(line.Says), width)
	case line.acts:
		return []string{"This one does more than look, so it is yours to type:", "", "  " + ui.Clean(line.Next)}
	default:
		return app.inside(ctx, slices.Concat(line.words, line.quick, global), width)
	}
}

// inside runs a command of binderctl's own and returns what it prints on a terminal
// so wide.
func (app *App) inside(ctx context.Context, words []string, width int) []string {
	var text strings.Builder
	getenv := func(name string) string {
		switch name {
		case "NO_COLOR":
			return "1"
		case "COLUMNS":
			return itoa(width)
		default:
			return app.Getenv(name)
		}
	}
	term := ui.NewTerminal(ui.Streams{
		In: strings.NewReader(""), Out: &text, Err: &text, Getenv: getenv, Now: app.Now,
		IsTTY: func(any) bool { return false },
	})
	term.OutTTY = true // so that tables fit into the width
	called := app.inner(term)
	called.Getenv, called.looking = getenv, true
	Run(ctx, called, words)
	return strings.Split(strings.TrimRight(ui.CleanText(text.String()), "\n"), "\n")
}
