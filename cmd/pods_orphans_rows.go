package cmd

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
)

// orphansDoc is a comparison in JSON.
type orphansDoc struct {
	Where      cluster.Location  `json:"where"`
	At         time.Time         `json:"at"`
	Hub        hubDoc            `json:"hub"`
	Pods       int               `json:"pods"`
	TooYoung   int               `json:"tooYoung"` // pods that the Hub does not know, and may know in a moment
	Doubtful   int               `json:"doubtful"` // pods that may be no users', or another Hub's
	RoutesRead bool              `json:"routesRead"`
	Settings   limitsDoc         `json:"settings"`
	Counts     map[hub.Class]int `json:"counts"`
	Items      []findingRow      `json:"items"`
}

// hubDoc is a Hub in JSON.
type hubDoc struct {
	Version string     `json:"version"`
	Servers int        `json:"servers"`
	Via     string     `json:"via"`
	Started *time.Time `json:"startedAt"` // null if nothing tells
}

// limitsDoc is what was judged by, in JSON.
type limitsDoc struct {
	Read          bool  `json:"read"` // from the Hub's own values
	StartTimeout  int64 `json:"startTimeoutSeconds"`
	LaunchTimeout int64 `json:"launchTimeoutSeconds"`
	MaxAge        int64 `json:"maxAgeSeconds"` // with all slack; 0 is none
}

// findingRow is a finding as it is shown, with its age at that moment.
type findingRow struct {
	hub.Finding
	AgeSeconds int64 `json:"ageSeconds"` // -1 if it is not known
}

func newFindingRow(f hub.Finding, now time.Time) findingRow {
	if f.Since.IsZero() {
		return findingRow{f, -1}
	}
	return findingRow{f, int64(max(0, now.Sub(f.Since)) / time.Second)}
}

// print prints what was found, and what to do about it.
func (o *observer) print(ctx context.Context, look *hub.Look, found []hub.Finding) error {
	format := o.opts.removal.output
	rows := make([]findingRow, 0, len(found))
	for _, f := range found {
		if format != ui.Name || f.Pod != "" {
			rows = append(rows, newFindingRow(f, look.At))
		}
	}
	if !format.IsHuman() || len(rows) > 0 {
		shown, more := o.onScreen(rows)
		err := ui.Print(o.app.Term, format, ui.Document[findingRow]{
			Rows: shown, Columns: findingColumns(), Doc: o.doc(look, rows),
			Name: func(r findingRow) string { return "pod/" + r.Pod },
		})
		if err != nil {
			return err
		}
		o.app.sayMore(more, "; -o wide lists all")
	}
	o.summarize(look, found)
	if few := fewOf(look); few != "" {
		o.app.Term.Warn("%s: %s", few, o.lostOrBlind(look))
	}
	o.advise(ctx, look, found)
	o.app.hintRunbook(bookForFindings(found))
	return nil
}

// findingsShown is how many findings of a class are shown at a terminal: a Hub
// that is blind has thousands of orphans, and the two ghosts tell why.
const findingsShown = 10

// onScreen are the rows to show, the oldest of each class, and how many there are
// besides. Only a table at a terminal is cut.
func (o *observer) onScreen(rows []findingRow) (shown []findingRow, more int) {
	if !o.app.Term.OutTTY || o.opts.removal.output.String() != string(ui.Table) {
		return rows, 0
	}
	for len(rows) > 0 {
		class := rows[0].Class
		end := slices.IndexFunc(rows, func(r findingRow) bool { return r.Class != class })
		if end < 0 {
			end = len(rows)
		}
		first, besides := firstOf(rows[:end], findingsShown)
		shown, more, rows = append(shown, first...), more+besides, rows[end:]
	}
	return shown, more
}

func (o *observer) doc(look *hub.Look, rows []findingRow) orphansDoc {
	doc := orphansDoc{
		Where: o.client.Where, At: look.At.Truncate(time.Second),
		Hub:  hubDoc{Version: look.Version, Servers: look.Servers, Via: o.hub.Via},
		Pods: look.Pods, TooYoung: look.TooYoung, Doubtful: look.Doubtful, RoutesRead: look.RoutesRead(),
		Settings: limitsDoc{
			o.settings.Read, wholeSeconds(o.limits.StartTimeout), wholeSeconds(o.limits.LaunchTimeout), wholeSeconds(o.limits.MaxAge),
		},
		Counts: map[hub.Class]int{}, Items: rows,
	}
	if !o.began.IsZero() {
		doc.Hub.Started = &o.began
	}
	for _, class := range hub.Classes() {
		doc.Counts[class] = 0
	}
	for _, row := range rows {
		doc.Counts[row.Class]++
	}
	return doc
}

func wholeSeconds(d time.Duration) int64 { return int64(d / time.Second) }

// summarize says in a line what was found.
func (o *observer) summarize(look *hub.Look, found []hub.Finding) {
	among := count(look.Pods, "pod") + ", " + count(look.Servers, "server")
	switch all := len(look.Findings()); {
	case all == 0:
		o.app.Term.Say("no pod is lost: %s%s", among, youngWords(look.TooYoung))
		return
	case len(found) == 0:
		o.app.Term.Say("none of the %s is of those asked for (%s%s)", count(all, "finding"), among, youngWords(look.TooYoung))
		return
	}
	counts, open := map[hub.Class]int{}, 0
	for _, f := range found {
		counts[f.Class]++
		if !f.Settled {
			open++
		}
	}
	var parts []string
	for _, class := range hub.Classes() {
		if counts[class] > 0 {
			parts = append(parts, classCount(class, counts[class]))
		}
	}
	uncertain := ""
	if open > 0 {
		uncertain = "; " + itoa(open) + " not certain, marked with ?"
	}
	o.app.Term.Say("%s (of %s%s)%s", strings.Join(parts, ", "), among, youngWords(look.TooYoung), uncertain)
}

func youngWords(n int) string {
	if n == 0 {
		return ""
	}
	return ", " + itoa(n) + " too young to tell"
}

func findingColumns() []ui.Column[findingRow] {
	return []ui.Column[findingRow]{
		{Header: "CLASS", Value: findingRow.class, Role: findingRow.role},
		{Header: "POD OR USER", Shrink: true, Value: findingRow.who},
		{Header: "REPO", Shrink: true, Value: func(r findingRow) string { return cmp.Or(r.Repo, "-") }},
		{Header: "AGE", Right: true, Value: findingRow.age},
		{Header: "NODE", Shrink: true, Value: func(r findingRow) string { return cmp.Or(r.Node, "<none>") }},
		{Header: "EVIDENCE", Wrap: true, Value: func(r findingRow) string { return r.Evidence }},
		{Header: "USER", Wide: true, Value: func(r findingRow) string { return r.User }},
		{Header: "SERVER", Wide: true, Value: func(r findingRow) string { return r.Name }},
		{Header: "PHASE", Wide: true, Value: func(r findingRow) string { return cmp.Or(r.Phase, "<none>") }},
		{Header: "PENDING", Wide: true, Value: func(r findingRow) string { return string(r.Pending) }},
	}
}

// class has a question mark if the finding is not certain.
func (r findingRow) class() string {
	if !r.Settled {
		return string(r.Class) + "?"
	}
	return string(r.Class)
}

func (r findingRow) role() ui.Role {
	switch {
	case !r.Settled:
		return ui.Plain
	case r.Class == hub.Orphan, r.Class == hub.Ghost, r.Class == hub.Stuck:
		return ui.Bad
	default:
		return ui.Warn
	}
}

// who is the pod or, where there is none, the server.
func (r findingRow) who() string {
	if r.Pod != "" {
		return r.Pod
	}
	return r.String()
}

func (r findingRow) age() string {
	if r.AgeSeconds < 0 {
		return "-"
	}
	return ui.Age(time.Duration(r.AgeSeconds) * time.Second)
}
