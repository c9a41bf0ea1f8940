package cmd

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/nodes"
)

// cordonsShown is how many cordoned nodes are explained below the table; -o wide
// explains them all.
const cordonsShown = 5

// writeTotals writes below the table what it means for users to come.
func (app *App) writeTotals(l *nodes.Listing, rows []nodeRow, format ui.Format) error {
	var b strings.Builder
	b.WriteString("\n")
	if format != ui.Wide {
		writeCordons(&b, rows)
	}
	if l.PodsKnown() && len(l.Nodes) > 0 {
		writeHeadroom(&b, l.Headroom)
		writeForecast(&b, l)
	}
	if b.Len() == 1 {
		return nil
	}
	_, err := io.WriteString(app.Term.Out, ui.CleanText(b.String()))
	return err
}

func writeCordons(b *strings.Builder, rows []nodeRow) {
	shown, more := 0, 0
	for _, r := range rows {
		if r.Cordoned == nil {
			continue
		}
		if shown == cordonsShown {
			more++
			continue
		}
		shown++
		fmt.Fprintf(b, "%s: cordoned %s\n", r.Name, cordonShown(r.Node, r.now))
	}
	if more > 0 {
		fmt.Fprintf(b, "and %s more cordoned: -o wide\n", itoa(more))
	}
}

func writeHeadroom(b *strings.Builder, h nodes.Headroom) {
	fmt.Fprintf(b, "%s", count(h.Users, "user"))
	if h.Builds > 0 {
		fmt.Fprintf(b, " and %s", count(h.Builds, "build"))
	}
	fmt.Fprintf(b, "; %s for users%s\n", count(h.Nodes, "node"), nodesAside(h))
	fmt.Fprintf(b, "room for %s of %s CPU and %s", more(h.Now), ui.Cores(h.Usual.CPU), ui.Bytes(h.Usual.Memory))
	if h.UsualOf == 0 {
		b.WriteString(" (what mybinder.org's request: there are none to go by)")
	}
	if h.OnCordoned > 0 {
		fmt.Fprintf(b, ", and for %s on cordoned nodes", itoa(h.OnCordoned))
	}
	b.WriteString("\n")
	switch {
	case h.MaxNodes == 0:
	case h.Nodes >= h.MaxNodes:
		fmt.Fprintf(b, "the autoscaler is at its limit of %s: no more will come\n", count(h.MaxNodes, "node"))
	default:
		fmt.Fprintf(b, "the autoscaler may add %s, with room for %s\n", count(h.MaxNodes-h.Nodes, "node"), more(h.OnNodesYet))
	}
}

// more is a number of users to come.
func more(n int) string {
	if n == 0 {
		return "no more users"
	}
	return count(n, "more user")
}

// nodesAside says how many of the nodes for users take none now.
func nodesAside(h nodes.Headroom) string {
	var aside []string
	if h.Cordoned > 0 {
		aside = append(aside, itoa(h.Cordoned)+" cordoned")
	}
	if h.NotReady > 0 {
		aside = append(aside, itoa(h.NotReady)+" not ready")
	}
	if h.Closed > 0 {
		aside = append(aside, itoa(h.Closed)+" closed by a taint")
	}
	if len(aside) == 0 {
		return ""
	}
	return " (" + strings.Join(aside, ", ") + ")"
}

func writeForecast(b *strings.Builder, l *nodes.Listing) {
	h, f := l.Headroom, l.Forecast
	switch {
	case h.Waiting > 0 && h.Now == 0:
		fmt.Fprintf(b, "full now: %s for room\n", waits(h.Waiting))
	case h.Waiting > 0:
		fmt.Fprintf(b, "%s for a node, although there is room; why: kubectl describe pod NAME\n", waits(h.Waiting))
	case h.Now == 0 && h.Nodes > 0:
		b.WriteString("full now\n")
	}
	if f == nil {
		return
	}
	what := "full"
	if h.OnNodesYet > 0 {
		what = "full with all nodes"
	}
	fmt.Fprintf(b, "%s in about %s minutes (%s to %s) if nobody leaves:\n%s came in the last %s minutes\n",
		what, minutes(f.Full), minutes(f.Earliest), minutes(f.Latest), count(f.Arrivals, "user"), minutes(f.Window))
}

func waits(n int) string {
	if n == 1 {
		return "1 user waits"
	}
	return itoa(n) + " users wait"
}

// minutes is a number of minutes, the more the rounder, but never none.
func minutes(seconds float64) string {
	n, step := seconds/60, 1.0
	switch {
	case n >= 120:
		step = 10
	case n >= 30:
		step = 5
	}
	return itoa(max(1, int(math.Round(n/step)*step)))
}
