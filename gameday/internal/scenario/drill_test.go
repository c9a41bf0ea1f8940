package scenario

import (
	"strings"
	"testing"

	"github.com/binderctl/binderctl/gameday/scenarios"
)

// TestAllSeedsArePlayable also sees to it that the pager gives nothing away.
func TestAllSeedsArePlayable(t *testing.T) {
	for _, seed := range []struct{ name, hidden string }{
		{"too-many-pods", "reflector"},
		{"cluster-full", "orphan"},
		{"hub-504", "reflector"},
		{"oom-proxy", "0h28"},
		{"reddit-hug", "2fhq"},
	} {
		content, err := scenarios.Read(seed.name)
		if err != nil {
			t.Fatal(err)
		}
		described, err := Decode(seed.name, content)
		switch {
		case err != nil:
			t.Error(err)
		case described.Drill == nil:
			t.Errorf("%s is no drill", seed.name)
		case strings.Contains(described.Drill.Page, seed.hidden) || strings.Contains(described.Drill.Page, described.Title):
			t.Errorf("the page of %s tells what it is", seed.name)
		}
	}
}

func TestMistakesInADrillNameTheirPosition(t *testing.T) {
	const head = "title: T\nnamespace: n\n"
	const mends = ", mends: [{command: hub restart}], par: {seconds: 5}"
	for _, test := range []struct{ name, text, want string }{
		{"no page", "drill: {runbook: r" + mends + "}", "drill.page: it is missing"},
		{"no runbook", "drill: {page: p" + mends + "}", "drill.runbook: it is missing"},
		{"no end", "drill: {page: p, runbook: r" + mends + "}", "drill: it ends when recovered holds, of which there is none"},
		{"an end from the beginning", "recovered: [{says: s, userPods: {atLeast: 1}}]\ndrill: {page: p, runbook: r" + mends + "}", "drill: it ends when recovered holds, of which there is none"},
		{"no mend", "drill: {page: p, runbook: r, par: {seconds: 5}}", "drill.mends: say what is right to do"},
		{"no par", "drill: {page: p, runbook: r, mends: [{command: hub restart}]}", "drill.par.seconds: 0 is less than 1"},
		{"mended before it is found", "drill: {page: p, runbook: r, mends: [{command: hub restart}], par: {diagnosed: 6, seconds: 5}}", "drill.par.diagnosed: 6 is not between 0 and seconds, 5"},
		{"unknown field", "drill: {pager: p}", "field pager not found"},
		{"sign", "drill: {page: p, runbook: r, diagnosis: [{resource: pods}]" + mends + "}", "drill.diagnosis[0]: it needs says and resource"},
		{"why wrong", "drill: {page: p, runbook: r, wrongTurns: [{command: hub restart}]" + mends + "}", "drill.wrongTurns[0].says: say why it is wrong"},
		{"the program", "drill: {page: p, runbook: r, wrongTurns: [{command: binderctl hub restart, says: s}]" + mends + "}", "line 3, column 53: drill.wrongTurns[0].command: \"binderctl hub restart\" is not how a call begins"},
		{"fault without a Hub", "drill: {page: p, runbook: r, timeline: [{after: 2m, fault: slow}]" + mends + "}", "drill.timeline[0].fault: there is no stand-in for the Hub"},
		{"unknown fault", "drill: {page: p, runbook: r, timeline: [{after: 2m, fault: flood}]" + mends + "}", "drill.timeline[0].fault: \"flood\" is none of"},
		{"flag before word", "drill: {page: p, runbook: r, wrongTurns: [{command: pods --cull orphans, says: s}]" + mends + "}", "flags come last"},
		{"both", "drill: {page: p, runbook: r, wrongTurns: [{command: nodes cordon, only: [a], except: [b], says: s}]" + mends + "}", "it has only or except, not both"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := head + test.text + "\n"
			_, err := Decode("x.yaml", []byte(text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
