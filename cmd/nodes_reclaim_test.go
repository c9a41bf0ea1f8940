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

// Why a node stays is told in full at 80 columns, with names as long as clouds give.
func TestReclaimAt80Columns(t *testing.T) {
	t.Parallel()
	app, out := on80()
	reason := "the autoscaler was told to leave it (cluster-autoscaler.kubernetes.io/scale-down-disabled)"
	err := ui.Print(app.Term, ui.Table, ui.Document[nodes.Candidate]{Columns: candidateColumns(), Rows: []nodes.Candidate{
		{Subject: nodes.Subject{Name: "gke-prod-a-ssd-pool-972e4826-2fhq", Pool: "ssd-pool", Ready: true}, Users: 8, Fits: 49, Reason: reason},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if len(line) > 81 {
			t.Errorf("a line takes %d columns: %q", len(line)-1, line)
		}
	}
	if text := strings.Join(strings.Fields(out.String()), " "); !strings.Contains(text, "why: "+reason) || !strings.Contains(text, "2fhq") {
		t.Errorf("printed %q", out)
	}
}

// Too little room is said also to who wants quiet, and blamed on the plan only if
// the plan makes it so.
func TestReclaimWarnsOfTooLittleRoom(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		cordoned bool
		room     int
		says     string
	}{
		"enough":            {false, 100, ""},
		"closed by this":    {false, 40, "that is too little room, for 40 where 60 is needed"},
		"closed beforehand": {true, 40, "there is too little room already"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app, _, said := terminal80()
			app.global.quiet = true
			app.Term.Configure(ui.Options{Quiet: true})
			chosen := nodes.Subject{Name: "n1", Ready: true, Cordoned: tc.cordoned}
			plan := nodes.ReclaimPlan{
				Users: 50, Needed: 60, Room: tc.room, Candidates: []nodes.Candidate{{Subject: chosen, Empty: true}},
				Drain: nodes.DrainPlan{Nodes: []nodes.DrainNode{{}}},
			}
			if err := app.showCandidates(plan, nodesReclaimOptions{nodesDrainOptions: nodesDrainOptions{nodeChange: nodeChange{yes: true}}}); err != nil {
				t.Fatal(err)
			}
			if text := said.String(); !strings.Contains(text, tc.says) || tc.says == "" && text != "" {
				t.Errorf("said %q, want %q", text, tc.says)
			}
		})
	}
}
