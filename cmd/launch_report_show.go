package cmd

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/launchtest"
)

// showLaunch writes what came of one launch: a line, its stages with -o wide, and
// what the cluster tells of a failure.
func (app *App) showLaunch(w io.Writer, l launchtest.Launch, wide bool) error {
	role := ui.Good
	if l.Failure != nil {
		role = ui.Bad
	}
	put(w, app.Term.OutStyle.Paint(role, ui.Clean(memberLead(l)+launchVerdict(l))))
	if wide {
		lines, err := ui.Lines(app.Term, spanColumns(l), l.Spans, true)
		if err != nil {
			return err
		}
		put(w, strings.Join(lines, "\n"))
	}
	app.showEvidence(w, l.Evidence)
	return nil
}

func spanColumns(l launchtest.Launch) []ui.Column[launchtest.Span] {
	longest := time.Millisecond
	for _, span := range l.Spans {
		longest = max(longest, span.Took(l.Ended))
	}
	return []ui.Column[launchtest.Span]{
		{Header: "STAGE", Value: func(s launchtest.Span) string { return string(s.Stage) }},
		{Header: "AFTER", Right: true, Value: func(s launchtest.Span) string { return shortTime(s.Began.Sub(l.Began)) }},
		{Header: "TOOK", Right: true, Value: func(s launchtest.Span) string { return shortTime(s.Took(l.Ended)) }},
		{Header: "", Value: func(s launchtest.Span) string {
			return strings.Repeat("#", int(s.Took(l.Ended)*spanBar/longest))
		}},
	}
}

// spanBar is how wide the bar of the longest stage is.
const spanBar = 30

// eventsShown is how many of a pod's events are shown, the latest.
const eventsShown = 6

// showEvidence writes what the cluster tells of a launch that broke.
func (app *App) showEvidence(w io.Writer, e *launchtest.Evidence) {
	if e == nil {
		return
	}
	say := func(lead, text string) { app.putFolded(w, lead, ui.Clean(text), foldedAt) }
	if e.Pod == "" {
		say("  ", "no pod of the launch was found in namespace "+e.Namespace)
	} else {
		say("  ", fmt.Sprintf("pod %s on %s: %s", e.Pod, cmp.Or(e.Node, "no node"), cmp.Or(e.Phase, "gone")+reasonShown(e.Reason)))
	}
	for _, c := range e.Containers {
		say("    ", "container "+c.Name+": "+containerShown(c))
	}
	for _, event := range e.Events[max(0, len(e.Events)-eventsShown):] {
		say("    ", event.Type+" "+event.Reason+": "+event.Message)
	}
	if s := e.Suspicion; s != nil && s.Score > 0 {
		verdict := "is not called unhealthy"
		if s.Unhealthy {
			verdict = "is unhealthy"
		}
		say("  ", fmt.Sprintf("node %s %s, suspicion %s: %s", e.Node, verdict, points(s.Score), s.Reason))
	}
	for _, missing := range e.Missing {
		say("  ", "not seen: "+missing)
	}
}

func reasonShown(reason string) string {
	if reason == "" {
		return ""
	}
	return ", " + reason
}

func containerShown(c cluster.Container) string {
	switch {
	case c.Waiting != "":
		return "waits, " + strings.TrimSuffix(c.Waiting+": "+c.Message, ": ")
	case c.Running && c.Ready:
		return "runs"
	case c.Running:
		return "runs, and is not ready"
	case c.Death != nil:
		return "has ended: " + c.Death.Cause()
	default:
		return "has ended"
	}
}
