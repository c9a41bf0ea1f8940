package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/gameday/internal/drill"
	"github.com/binderctl/binderctl/gameday/internal/hub"
	"github.com/binderctl/binderctl/gameday/internal/plane"
	"github.com/binderctl/binderctl/gameday/internal/recovery"
	"github.com/binderctl/binderctl/gameday/internal/scenario"
	"github.com/binderctl/binderctl/gameday/internal/state"
	"github.com/binderctl/binderctl/gameday/internal/supervisor"
)

// report is what status knows.
type report struct {
	Name       string               `json:"name"`
	Scenario   string               `json:"scenario"`
	Namespace  string               `json:"namespace"`
	Dir        string               `json:"dir"`
	Kubeconfig string               `json:"kubeconfig"`
	Started    time.Time            `json:"started"`
	Components []supervisor.Process `json:"components"`
	UserPods   map[string]int       `json:"userPods"` // by phase
	Nodes      nodeCounts           `json:"nodes"`
	Recovered  bool                 `json:"recovered"`
	Conditions []recovery.Verdict   `json:"conditions"`
	Drill      bool                 `json:"drill,omitempty"`   // what it is about is not told
	Problem    string               `json:"problem,omitempty"` // why the cluster was not seen
}

type nodeCounts struct {
	Total    int `json:"total"`
	Ready    int `json:"ready"`
	Cordoned int `json:"cordoned"`
}

func (a *app) newStatus() *cobra.Command {
	var output string
	command := &cobra.Command{
		Use:   "status",
		Short: "Show a game day: its components, pods and nodes, and whether the incident is over",
		Long: `Show a game day: its components, pods and nodes, and whether the incident is over.

Exits with 0 when it is over, with 3 when it is not, and with 1 when no game
day is running.`,
		Example: "  gameday status\n  gameday status -o json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.status(c.Context(), output)
		},
	}
	command.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return command
}

func (a *app) status(ctx context.Context, output string) error {
	if output != "text" && output != "json" {
		return fmt.Errorf("show status: there is no output %q; there are text and json", output)
	}
	dir, err := a.find()
	if err != nil {
		return err
	}
	info, err := running(dir)
	if err != nil {
		return err
	}
	seen, err := a.inspect(ctx, dir, info)
	if err != nil {
		return err
	}
	return a.answer(output, seen, func() error { return a.printStatus(seen) }, seen.Recovered)
}

// answer prints a document, or what it says in words. The call fails where the
// incident is not recovered from.
func (a *app) answer(output string, doc any, inWords func() error, recovered bool) error {
	if output == "json" {
		inWords = func() error {
			encoder := json.NewEncoder(a.out)
			encoder.SetIndent("", "  ")
			return encoder.Encode(doc)
		}
	}
	if err := inWords(); err != nil {
		return err
	}
	if !recovered {
		return errNotRecovered
	}
	return nil
}

func (a *app) inspect(ctx context.Context, dir state.Dir, info state.Info) (*report, error) {
	seen := &report{
		Name: info.Name, Scenario: info.Scenario, Namespace: info.Namespace, Dir: string(dir),
		Kubeconfig: dir.Kubeconfig(), Started: info.Started, UserPods: map[string]int{}, Conditions: []recovery.Verdict{},
	}
	var err error
	if seen.Components, err = supervisor.NewClient(info.Socket).Processes(ctx); err != nil {
		return nil, err
	}
	// A component may be down on purpose: that is no failure of this command.
	look, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := a.inspectCluster(look, dir, info, seen); err != nil {
		seen.Problem = err.Error()
	}
	return seen, nil
}

func (a *app) inspectCluster(ctx context.Context, dir state.Dir, info state.Info, seen *report) error {
	content, err := os.ReadFile(dir.Scenario())
	if err != nil {
		return fmt.Errorf("read scenario: %w", err)
	}
	described, err := scenario.Decode(filepath.Base(dir.Scenario()), content)
	if err != nil {
		return err
	}
	cluster, err := plane.Connect(dir)
	if err != nil {
		return err
	}
	sight, err := recovery.Look(ctx, cluster.Client, hub.ControlAt(info.HubControl), described, a.now())
	if err != nil {
		return err
	}
	for i := range sight.Pods {
		if recovery.IsUserPod(&sight.Pods[i]) {
			seen.UserPods[string(sight.Pods[i].Status.Phase)]++
		}
	}
	for i := range sight.Nodes {
		seen.Nodes.Total++
		if recovery.Ready(&sight.Nodes[i]) {
			seen.Nodes.Ready++
		}
		if sight.Nodes[i].Spec.Unschedulable {
			seen.Nodes.Cordoned++
		}
	}
	if seen.Conditions, err = sight.Verdicts(ctx); err != nil {
		return err
	}
	seen.Recovered = recovery.Recovered(seen.Conditions)
	return hide(dir, seen)
}

// hide takes what is wrong out of the report of a drill, which says no more than
// whether the drill's watcher has seen it over: the score goes by that.
func hide(dir state.Dir, seen *report) error {
	stage, err := drill.Log(dir.Drill()).State()
	if stage.Hidden {
		seen.Drill, seen.Recovered, seen.Conditions = true, stage.Over, []recovery.Verdict{}
	}
	return err
}
