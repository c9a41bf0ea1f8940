package cmd

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/nodes"
)

// What an operator is told to do next must help: waiting does not where nothing
// ends, nor where a budget guards pods that never become ready, and nobody keeps
// a deadline once the command has ended.
func TestDrainHints(t *testing.T) {
	t.Parallel()
	budget := "disruption budget prod/hub needs 1 healthy pods and has 0 currently"
	for name, tc := range map[string]struct {
		policy nodes.DrainPolicy
		pod    nodes.PodOutcome
		want   string
		nil    string // that is not said
	}{
		"on a dead node": {
			pod:  nodes.PodOutcome{Result: nodes.Stuck, Detail: nodes.DeadNode},
			want: "with --force", nil: "run the same drain again to complete it",
		},
		"slow": {pod: nodes.PodOutcome{Result: nodes.Stuck}, want: "run the same drain again to complete it", nil: "--force"},
		"guarded and not ready": {
			pod:  nodes.PodOutcome{Result: nodes.Blocked, Detail: budget},
			want: "delete them, or set unhealthyPodEvictionPolicy: AlwaysAllow", nil: "when the budget allows it",
		},
		"stopped before the deadline": {
			policy: nodes.DrainPolicy{Users: nodes.UsersDeadline, Deadline: testNow().Add(20 * time.Second)},
			pod:    nodes.PodOutcome{Result: nodes.Remains},
			want:   "the deadline is no longer kept; to keep it: binderctl nodes drain n1 --users deadline=20s", nil: "--wait",
		},
		"left to finish": {pod: nodes.PodOutcome{Result: nodes.Remains}, want: "nodes drain --wait n1", nil: "deadline"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app, said := heard()
			tc.pod.Tenant = nodes.Tenant{Namespace: "prod", Name: "hub-0", Node: "n1"}
			report := &drainReport{plan: nodes.DrainPlan{Policy: tc.policy}, outcome: nodes.DrainReport{
				Nodes: []nodes.NodeOutcome{{Subject: nodes.Subject{Name: "n1"}, Result: nodes.Cordoned}}, Pods: []nodes.PodOutcome{tc.pod},
			}}
			err := app.reportDrain(report, nodesDrainOptions{nodeChange: nodeChange{output: ui.Table, dryRun: dryRunNone}})
			text := said.String()
			if hint, ok := errors.AsType[hintError](err); ok {
				text += hint.hint
			}
			if !strings.Contains(text, tc.want) || strings.Contains(text, tc.nil) {
				t.Errorf("said %q", text)
			}
		})
	}
}
