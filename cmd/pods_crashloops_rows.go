package cmd

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/pods"
)

// crashRow is a failing container, or failed pods, as a line of a table.
type crashRow struct {
	namespace, pod, container, role, cause, status, restarts, node string
	kind, owner, repo, image, signal, backOff, died, created       string

	facts, log []string // lines that say more
	note       string   // why there is no log
	more       string   // what follows and is not shown
}

// name is how -o name and xargs know a pod.
func (r crashRow) name() string { return r.namespace + "/" + r.pod }

func crashColumns() []ui.Column[crashRow] {
	return []ui.Column[crashRow]{
		{Header: "NAMESPACE", Shrink: true, Value: func(r crashRow) string { return r.namespace }},
		{Header: "POD", Shrink: true, Value: func(r crashRow) string { return r.pod }},
		{Header: "CONTAINER", Shrink: true, Value: func(r crashRow) string { return cmp.Or(r.container, "-") }},
		{Header: "CAUSE", Value: func(r crashRow) string { return r.cause }, Role: func(crashRow) ui.Role { return ui.Bad }},
		{Header: "RESTARTS", Value: func(r crashRow) string { return r.restarts }},
		{Header: "NODE", Shrink: true, Value: func(r crashRow) string { return cmp.Or(r.node, "<none>") }},
		{Header: "DIED", Wide: true, Value: func(r crashRow) string { return cmp.Or(r.died, "-") }},
		{Header: "STATUS", Wide: true, Value: func(r crashRow) string { return r.status }},
		{Header: "ROLE", Wide: true, Value: func(r crashRow) string { return r.role }},
		{Header: "KIND", Wide: true, Value: func(r crashRow) string { return r.kind }},
		{Header: "SIGNAL", Wide: true, Value: func(r crashRow) string { return cmp.Or(r.signal, "-") }},
		{Header: "BACKED OFF", Wide: true, Value: func(r crashRow) string { return cmp.Or(r.backOff, "-") }},
		{Header: "OWNER", Wide: true, Shrink: true, Value: func(r crashRow) string { return cmp.Or(r.owner, "<none>") }},
		{Header: "REPO", Wide: true, Shrink: true, Value: func(r crashRow) string { return cmp.Or(r.repo, "-") }},
		{Header: "IMAGE", Wide: true, Shrink: true, Value: func(r crashRow) string { return r.image }},
		{Header: "AGE", Wide: true, Right: true, Value: func(r crashRow) string { return r.created }},
	}
}

func newCrashRow(f pods.Finding, now time.Time) crashRow {
	r := crashRow{
		namespace: f.Namespace, pod: f.Pod, container: f.Container, role: string(f.Role), cause: f.Cause(), status: f.Status,
		restarts: itoa(f.Restarts), node: f.Node, kind: string(f.Kind), owner: f.Owner.String(), repo: f.Repo, image: f.Image,
		created: ui.Age(now.Sub(f.Created)),
	}
	if f.Death != nil {
		r.signal = f.Death.Signal
		if !f.Death.Ended.IsZero() {
			r.died = ago(now, f.Death.Ended)
		}
	}
	if f.BackOff != nil {
		r.backOff = itoa(f.BackOff.Count) + " in " + ui.Age(f.BackOff.Last.Sub(f.BackOff.Since))
	}
	r.facts, r.log, r.note = explain(f, now), f.Log.Lines, noLogNote(f.Log)
	return r
}

// ago says how long ago something was, in few letters.
func ago(now, then time.Time) string {
	passed := now.Sub(then)
	if passed >= time.Minute {
		passed = passed.Truncate(time.Minute)
	}
	return ui.Age(passed) + " ago"
}

// explain says of a finding what does not go into the table.
func explain(f pods.Finding, now time.Time) []string {
	who := cmp.Or(f.Owner.String(), f.Repo)
	if f.Role != cluster.Main {
		who = strings.TrimPrefix(who+"; "+string(f.Role)+" container", "; ")
	}
	if f.BackOff != nil {
		who = strings.TrimPrefix(fmt.Sprintf("%s; backed off %d times in %s", who, f.BackOff.Count, ui.Age(now.Sub(f.BackOff.Since))), "; ")
	}
	facts := []string{who}
	for _, repeats := range []*pods.Repeats{f.Probe, f.Start} {
		if repeats != nil {
			facts = append(facts, fmt.Sprintf("%s: %s", times(repeats.Count), strings.Trim(repeats.Message, " :")))
		}
	}
	switch {
	case f.Death != nil:
		facts = append(facts, f.Death.Message)
	case f.Start == nil:
		facts = append(facts, f.Message)
	}
	return slices.DeleteFunc(facts, func(fact string) bool { return fact == "" })
}

// times says how often something was.
func times(n int) string {
	if n == 1 {
		return "once"
	}
	return itoa(n) + " times"
}

func noLogNote(log pods.Log) string {
	if log.Note == "" {
		return ""
	}
	return "no log: " + log.Note
}

// someCrashes are the lines for people: bursts are one line each, and of
// findings that are alike the first few are shown.
func someCrashes(d pods.Diagnosis, now time.Time) []crashRow {
	rows := make([]crashRow, 0, len(d.Bursts)+len(d.Findings))
	for _, b := range d.Bursts {
		rows = append(rows, newBurstRow(b, now))
	}
	alike := 0
	for i, f := range d.Findings {
		if alike++; i == 0 || !f.Alike(d.Findings[i-1]) {
			alike = 1
		}
		switch last := i == len(d.Findings)-1 || !f.Alike(d.Findings[i+1]); {
		case alike <= pods.AlikeShown, alike == pods.AlikeShown+1 && last:
			row := newCrashRow(f, now)
			if f.Restarts > 0 && row.died != "" {
				row.restarts += " (" + row.died + ")"
			}
			if alike > 1 {
				row.facts = nil // which say the same
				if len(row.log) > 0 && slices.Equal(row.log, d.Findings[i-1].Log.Lines) {
					row.log, row.note = nil, "the same log as above"
				}
			}
			rows = append(rows, row)
		case last:
			rows[len(rows)-1].more = fmt.Sprintf("… and %d more pods of %s alike; -o wide lists all", alike-pods.AlikeShown, cmp.Or(f.Owner.String(), f.Repo))
		}
	}
	return rows
}

// everyCrash are the lines for programs: one for each container or pod.
func everyCrash(d pods.Diagnosis, now time.Time) []crashRow {
	rows := make([]crashRow, 0, len(d.Findings))
	for _, b := range d.Bursts {
		for _, p := range b.Pods {
			rows = append(rows, failedRow(b, p, now))
		}
	}
	for _, f := range d.Findings {
		rows = append(rows, newCrashRow(f, now))
	}
	return rows
}

func failedRow(b pods.Burst, p pods.FailedPod, now time.Time) crashRow {
	return crashRow{
		namespace: b.Namespace, pod: p.Name, container: p.Container, role: string(cluster.Main), cause: p.Cause(), status: "Failed",
		restarts: "0", node: p.Node, kind: string(cluster.User), repo: p.Repo, signal: p.Signal, died: ago(now, p.Failed),
	}
}

// newBurstRow tells of many pods in one line.
func newBurstRow(b pods.Burst, now time.Time) crashRow {
	latest, first := b.Pods[0], b.Pods[len(b.Pods)-1]
	row := failedRow(b, latest, now)
	row.pod, row.repo, row.restarts = count(len(b.Pods), "user pod"), "", row.died
	if b.Node == "" {
		nodes := map[string]bool{}
		for _, p := range b.Pods {
			nodes[p.Node] = true
		}
		row.node = count(len(nodes), "node")
	}
	cause, same := b.Most(pods.FailedPod.Cause)
	row.cause = cause
	what := fmt.Sprintf("failed within %s, the latest %s", ui.Age(latest.Failed.Sub(first.Failed)), latest.Name)
	if same < len(b.Pods) {
		what += fmt.Sprintf("; %d of them %s", same, cause)
	}
	if repo, of := b.Most(func(p pods.FailedPod) string { return p.Repo }); repo != "" {
		what += fmt.Sprintf("; most run %s (%d)", repo, of)
	}
	row.facts, row.log, row.note = []string{what}, b.Log.Lines, noLogNote(b.Log)
	return row
}
