package cmd

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/nodes"
)

// After a reclaim it is said what keeps the autoscaler; that nothing does only if
// all was seen. What became of the pods is told whether or not it was.
func TestReclaimSaysWhatKeepsTheAutoscaler(t *testing.T) {
	t.Parallel()
	const nothing = "nothing keeps the autoscaler"
	bare := nodes.Blocker{Node: "n1", What: "pods that nothing would make again", Pods: []string{"prod/debug"}}
	for name, tc := range map[string]struct {
		report nodes.BlockerReport
		err    error
		out    string // of the answer, besides what became of the pod
		says   string
		nil    string // that is not said
	}{
		"nothing":              {nodes.BlockerReport{Found: []nodes.Blocker{}}, nil, "", nothing, "warning"},
		"something":            {nodes.BlockerReport{Found: []nodes.Blocker{bare}}, nil, "prod/debug", "", nothing},
		"something, and more?": {nodes.BlockerReport{Found: []nodes.Blocker{bare}}, errors.New("the server is away"), "prod/debug", "the server is away", nothing},
		"nothing to be seen":   {nodes.BlockerReport{}, errors.New("the server is away"), "", "the server is away", nothing},
		"budgets unseen":       {nodes.BlockerReport{Found: []nodes.Blocker{}, BudgetsUnseen: true}, nil, "", "you may not list poddisruptionbudgets", nothing},
		"it was only a drain":  {nodes.BlockerReport{}, nil, "", "", nothing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, said bytes.Buffer
			app := &App{Now: testNow, Term: ui.NewTerminal(ui.Streams{Out: &out, Err: &said})}
			report := &drainReport{blockers: tc.report, blockersErr: tc.err, outcome: nodes.DrainReport{
				Pods: []nodes.PodOutcome{{Tenant: nodes.Tenant{Namespace: "prod", Name: "hub", Node: "n1"}, Result: nodes.Evicted}},
			}}
			if err := app.reportDrain(report, nodesDrainOptions{nodeChange: nodeChange{output: ui.Table}}); err != nil {
				t.Error(err)
			}
			if text := out.String(); !strings.Contains(text, "1 evicted") || !strings.Contains(text, tc.out) {
				t.Errorf("printed %q", text)
			}
			if text := said.String(); !strings.Contains(text, tc.says) || strings.Contains(text, tc.nil) {
				t.Errorf("said %q", text)
			}
		})
	}
}
