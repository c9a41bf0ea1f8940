package cmd

import (
	"bytes"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/nodes"
)

// heard is an App, and what it says besides the answer.
func heard() (*App, *bytes.Buffer) {
	var said bytes.Buffer
	app := &App{Now: testNow, Term: ui.NewTerminal(ui.Streams{Out: &bytes.Buffer{}, Err: &said})}
	app.global.kube = genericclioptions.NewConfigFlags(true)
	return app, &said
}

// Who drains what they had cordoned is told how to open it: undoing a drain does
// not.
func TestDrainSaysHowToOpenWhatWasCordonedBefore(t *testing.T) {
	t.Parallel()
	app, said := heard()
	report := &drainReport{plan: nodes.DrainPlan{Mark: nodes.Mark{By: "me"}}, outcome: nodes.DrainReport{Nodes: []nodes.NodeOutcome{
		{Subject: nodes.Subject{Name: "n1", Cordoned: true, Holder: &nodes.Cordoning{By: "me", For: nodes.ForCordon}}, Result: nodes.Drained},
		{Subject: nodes.Subject{Name: "n2", Cordoned: true, Holder: &nodes.Cordoning{By: "them", For: nodes.ForCordon}}, Result: nodes.Drained},
	}}}
	if err := app.reportDrain(report, nodesDrainOptions{nodeChange: nodeChange{output: ui.Table, dryRun: dryRunNone}}); err != nil {
		t.Error(err)
	}
	want := "n1: cordoned by you with nodes cordon, and stays so; take it back with: binderctl nodes uncordon n1"
	if text := said.String(); !strings.Contains(text, want) || strings.Contains(text, "n2") {
		t.Errorf("said %q", text)
	}
}
