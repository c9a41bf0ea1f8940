package incident

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"
)

// ReportOptions say how a report is written.
type ReportOptions struct {
	Zone *time.Location // shown beside UTC; nil or UTC itself shows UTC alone
	Now  time.Time
}

// WriteReport writes a report of an incident in Markdown, in the shape of
// mybinder.org's: summary, timeline, lessons, action items. It says what was
// recorded and nothing else. What nobody has written is asked for in a comment,
// which GitHub does not show.
func WriteReport(w io.Writer, in *Incident, opts ReportOptions) error {
	if opts.Zone == nil {
		opts.Zone = time.UTC
	}
	r := &report{in: in, opts: opts}
	r.line("# %s, %s", in.Began.UTC().Format(time.DateOnly), oneLine(in.Title))
	r.line("")
	r.ask("written from the timeline of incident %s; comments such as this one are questions, which nobody but you can answer", in.ID)
	r.summary()
	r.numbers()
	r.timeline()
	r.lessons()
	_, err := io.WriteString(w, r.text.String())
	return err
}

type report struct {
	in   *Incident
	opts ReportOptions
	text strings.Builder
}

func (r *report) line(format string, args ...any) { fmt.Fprintf(&r.text, format+"\n", args...) }

// ask asks for what only people know.
func (r *report) ask(format string, args ...any) {
	r.line("<!-- "+format+" -->", args...)
	r.line("")
}

func (r *report) summary() {
	in := r.in
	r.line("## Summary\n")
	r.ask("in two or three sentences: what did users see, how many of them, and what was the cause?")
	item := func(name, text string) {
		if text != "" {
			r.line("- %s: %s", name, text)
		}
	}
	item("Symptom", prose(in.Symptom))
	item("Where", code(placeOf(in)))
	if !in.Began.Equal(in.Opened) {
		item("Began", r.moment(in.Began))
	}
	item("Opened", r.moment(in.Opened)+", by "+prose(in.By.Name())+r.after(in.Opened))
	if first := r.firstChange(); first != nil {
		item("First change", r.moment(first.At)+", by "+prose(first.By.Name())+r.after(first.At))
	}
	if last := in.LastCheck(); last != nil && last.Passed {
		item("Recovered since", r.moment(last.Since)+", as far as was checked"+r.after(last.Since))
	}
	item("Closed", r.closing())
	item("Closed although a check did not pass", prose(in.Anyway))
	item("Driver", prose(strings.Join(r.drivers(), ", then ")))
	item("Runbook", prose(in.Runbook))
	item("Changes", r.changes())
	r.line("")
}

// placeOf names a place without the address of the server, as reports are public.
func placeOf(in *Incident) string {
	return strings.TrimSpace(in.Where.Context + " " + in.Where.Namespace)
}

func (r *report) closing() string {
	if r.in.Open() {
		return "not yet: open for " + age(r.opts.Now.Sub(r.in.Opened))
	}
	text := r.moment(r.in.Closed)
	if r.in.Closer != nil {
		text += ", by " + prose(r.in.Closer.Name())
	}
	return text + r.after(r.in.Closed)
}

// after says how long after the beginning something was.
func (r *report) after(at time.Time) string {
	if since := at.Sub(r.in.Began); since > 0 {
		return ", " + age(since) + " after it began"
	}
	return ""
}

func (r *report) firstChange() *Entry {
	for i := range r.in.Entries {
		if r.in.Entries[i].Kind == Change {
			return &r.in.Entries[i]
		}
	}
	return nil
}

// drivers are those who drove, in turn.
func (r *report) drivers() []string {
	var names []string
	for _, e := range r.in.Entries {
		if name := e.By.Name(); (e.Kind == Opening || e.Kind == Driving) && (len(names) == 0 || names[len(names)-1] != name) {
			names = append(names, name)
		}
	}
	return names
}

// changes counts the commands that changed something.
func (r *report) changes() string {
	all, failed, cut := 0, 0, 0
	sum := map[string]int{}
	for _, e := range r.in.Entries {
		if e.Kind != Change {
			continue
		}
		all++
		switch {
		case e.Ended.IsZero():
			cut++
		case e.Error != "":
			failed++
		}
		for result, n := range e.Counts {
			sum[result] += n
		}
	}
	text := fmt.Sprintf("%d commands", all)
	switch all {
	case 0:
		return "none with binderctl"
	case 1:
		text = "1 command"
	}
	if failed > 0 {
		text += fmt.Sprintf(", %d with errors", failed)
	}
	if cut > 0 {
		text += fmt.Sprintf(", %d without a recorded end", cut)
	}
	if len(sum) > 0 {
		text += "; objects: " + said(CountsSaid(sum))
	}
	return text
}

// CountsSaid says counts by result, the most first.
func CountsSaid(counts map[string]int) string {
	results := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], strings.Compare(a, b))
	})
	parts := make([]string, len(results))
	for i, result := range results {
		parts[i] = fmt.Sprintf("%d %s", counts[result], result)
	}
	return strings.Join(parts, ", ")
}

// lessons asks for what only people know.
func (r *report) lessons() {
	r.line("## Lessons learned\n")
	r.line("### What went well\n")
	r.ask("what noticed it, what helped, who knew what to do?")
	r.line("### What went wrong\n")
	r.ask("why did it happen, why was it not noticed earlier, what took long, what made it worse?")
	r.line("### Where we got lucky\n")
	r.ask("what could have made it worse, and did not?")
	r.line("## Action items\n")
	r.ask("each with an issue of its own, so that none is forgotten")
	for _, about := range []string{"Process", "Documentation", "Technical"} {
		r.line("### %s improvements\n", about)
		r.ask("1. what to do ([issue](URL))")
	}
}

// age is a duration as people say it.
func age(d time.Duration) string { return duration.HumanDuration(max(0, d)) }
