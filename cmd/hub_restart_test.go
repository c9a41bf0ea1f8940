package cmd

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
)

// What ends sessions is said also to who has agreed and wants quiet.
func TestRestartSaysWhatIsGrave(t *testing.T) {
	t.Parallel()
	app, _, said := terminal80()
	app.global.quiet = true
	app.Term.Configure(ui.Options{Quiet: true})
	app.showRestart(hub.RestartPlan{Concerns: []hub.Concern{{Grave: true, Says: "all ends"}, {Says: "it takes a while"}}}, true)
	if text := said.String(); !strings.Contains(text, "warning: all ends") || strings.Contains(text, "a while") {
		t.Errorf("said %q", text)
	}
}

// Whoever stops following a restart is told how to see what became of it.
func TestRestartNoLongerFollowed(t *testing.T) {
	t.Parallel()
	for stage, want := range map[hub.Stage]bool{hub.StageBegun: false, hub.StageDeleted: true} {
		app, _, said := terminal80()
		again := func(words ...string) string { return "binderctl " + strings.Join(words, " ") }
		if err := app.restartTrouble(hub.Restarted{Stage: stage}, context.Canceled, "", again); err != nil {
			t.Errorf("%s: error %v", stage, err)
		}
		if got := strings.Contains(said.String(), "binderctl hub status"); got != want {
			t.Errorf("%s: said %q", stage, said)
		}
	}
}

// The commands to type next lead to the same place, and to something.
func TestRestartHints(t *testing.T) {
	t.Parallel()
	where := cluster.Location{Context: "prod", Namespace: "binder"}
	const begin = "kubectl --context prod --namespace binder describe "
	for name, tc := range map[string]struct {
		owner  cluster.Owner
		result hub.Restarted
		want   string
	}{
		"a pod":            {cluster.Owner{Kind: "Deployment", Name: "hub"}, hub.Restarted{New: "hub-2"}, begin + "pod/hub-2;"},
		"no pod":           {cluster.Owner{Kind: "Deployment", Name: "hub"}, hub.Restarted{}, begin + "Deployment/hub;"},
		"nobody's, no pod": {cluster.Owner{}, hub.Restarted{}, begin + "deployments -l component=hub;"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app, _, _ := terminal80()
			app.global.kube = genericclioptions.NewConfigFlags(true)
			cmd := newHubRestart(app)
			opts := hubRestartOptions{hub: hubFlags{cmd: cmd}, output: ui.Table}
			if err := cmd.Flags().Set("hub-url", "https://hub.example.org"); err != nil {
				t.Fatal(err)
			}
			tc.result.Stage = hub.StageDeleted
			err := app.reportRestart(where, hub.RestartPlan{Owner: tc.owner}, tc.result, errors.New("not within 5s"), opts)
			if got := app.hint(err); !strings.Contains(got, tc.want) || !strings.Contains(got, "hub status --hub-url https://hub.example.org") {
				t.Errorf("hint %q, want %q", got, tc.want)
			}
		})
	}
}

// Where all sessions may end with the Hub, a script that only says --yes is
// refused.
func TestRestartThatMayEndSessions(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a") // and nothing tells how its Hub is deployed
	there := func() bool { return b.cluster.Pod("binder", "hub-5d8b") != nil }
	if answer := b.run(t.Context(), "hub", "restart", "--dry-run").exits(0); !strings.Contains(answer.stdout, "\nsessions: 1 may end with the Hub;") {
		t.Errorf("the plan is\n%s", answer.stdout)
	}
	b.run(t.Context(), "hub", "restart", "--yes").exits(1).says(`error: nobody can tell whether sessions survive.*with --yes nobody is asked`).
		says(`hint: see what it comes to: binderctl hub restart --dry-run.*; if 1 session may end, add --sessions-may-end`)
	if !there() {
		t.Fatal("the Hub was restarted")
	}
	b.run(t.Context(), "hub", "restart", "--yes", "--sessions-may-end", "--timeout", "1ms").exits(1).says("danger: nobody can tell")
	if there() {
		t.Error("the Hub was not restarted")
	}
}

// Of two Hubs neither is restarted, and it is said how to go on.
func TestRestartOfTwoHubs(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a")
	b.hubPodNamed("hub-other", time.Hour, "other")
	b.run(t.Context(), "hub", "restart", "--yes").exits(1).says(`there are 2 \(hub-other, hub-5d8b\), and one alone can be the Hub`).
		says(`hint: .*see which is which: kubectl .*--namespace binder get pods -l component=hub -L release; and delete`)
	if answer := b.run(t.Context(), "hub", "status"); !strings.Contains(answer.stdout, "another Hub runs beside it (hub-5d8b)") {
		t.Errorf("hub status does not tell\n%s", answer.stdout)
	}
}
