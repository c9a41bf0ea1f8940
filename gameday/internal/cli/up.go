package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/binderctl/binderctl/gameday/internal/plane"
	"github.com/binderctl/binderctl/gameday/internal/scenario"
	"github.com/binderctl/binderctl/gameday/internal/state"
	"github.com/binderctl/binderctl/gameday/internal/supervisor"
	"github.com/binderctl/binderctl/gameday/internal/world"
)

type upOptions struct {
	pods, nodes int
	timeout     time.Duration
}

func (a *app) newUp() *cobra.Command {
	var options upOptions
	command := &cobra.Command{
		Use:   "up SCENARIO",
		Short: "Start a game day: a control plane with a scenario in it",
		Long: `Start a game day: a control plane with a scenario in it.

SCENARIO is one of "gameday list", or a file. Standard output is the line for
the shell that makes kubectl and binderctl speak to it. When it fails or is
interrupted, nothing of it is left running.`,
		Example: "  eval \"$(gameday up too-many-pods)\"\n  gameday up scale --pods 20000 --nodes 200\n  gameday up ./my-incident.yaml --name rehearsal",
		Args:    oneScenario,
		RunE: func(c *cobra.Command, args []string) error {
			return a.up(c.Context(), args[0], options)
		},
	}
	flags := command.Flags()
	flags.IntVar(&options.pods, "pods", 0, "this many user pods, in the scenario's proportions")
	flags.IntVar(&options.nodes, "nodes", 0, "this many nodes in the scenario's largest pool")
	flags.DurationVar(&options.timeout, "timeout", 3*time.Minute, "give up when it is not up by then")
	return command
}

func (a *app) up(ctx context.Context, what string, options upOptions) error {
	described, name, content, err := readScenario(what)
	if err != nil {
		return err
	}
	if a.name != "" {
		name = a.name
	}
	began := a.now()
	described.Scale(options.pods, options.nodes)
	dir, err := a.raise(ctx, day{name: name, title: described.Title, scenario: described, content: content}, options.timeout)
	if err != nil {
		return err
	}
	which := a.which(name)
	a.say("up in %.1f s; try:\n  kubectl get pods\n  binderctl pods list\n  gameday status %s\nend it with:\n  gameday down %s",
		a.now().Sub(began).Seconds(), which, which)
	fmt.Fprintf(a.out, "export KUBECONFIG=%s\n", shellQuote(dir.Kubeconfig()))
	return nil
}

// day is a game day to be.
type day struct {
	name, title string
	scenario    *scenario.Scenario
	content     []byte // of the scenario's file
	drill       bool   // what it is about is not told
}

// raise starts a game day. When it fails, nothing of it is left running.
func (a *app) raise(ctx context.Context, d day, timeout time.Duration) (state.Dir, error) {
	programs, err := binaries()
	if err != nil {
		return "", err
	}
	if problems := validation.IsDNS1123Label(d.name); len(problems) > 0 {
		return "", fmt.Errorf("name the game day: %q: %s", d.name, problems[0])
	}
	made, err := world.Build(d.scenario, a.now())
	if err != nil {
		return "", err
	}
	dir, err := a.clear(d.name)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(dir.Scenario(), d.content, 0o600); err != nil {
		return "", fmt.Errorf("keep scenario: %w", err)
	}
	if d.drill {
		a.say("the drill begins within half a minute")
	} else {
		nodes, users, pending := made.Counts()
		a.say("%s\n%d nodes, %d user pods, %d of them pending", d.title, nodes, users, pending)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err = plane.Up(ctx, plane.Options{
		Name: d.name, Title: d.title, Namespace: d.scenario.Namespace, Audit: d.drill,
		Dir: dir, Binaries: programs, Now: a.now, Say: a.say,
	}, made)
	if err != nil {
		return "", errors.Join(fmt.Errorf("start game day %s: %w", d.name, err), dir.Remove())
	}
	return dir, nil
}

// which are the flags by which later commands find a game day.
func (a *app) which(name string) string {
	if a.dir != "" {
		return "--dir " + shellQuote(a.dir)
	}
	return "--name " + name
}

// clear makes the folder for a new game day, over the remains of a dead one.
func (a *app) clear(name string) (state.Dir, error) {
	dir, err := a.place(name)
	if err != nil {
		return "", err
	}
	alive, err := supervisor.Alive(string(dir))
	if err != nil {
		return "", err
	}
	if alive {
		return "", fmt.Errorf("start game day %s: it is up already; end it with: gameday down %s, or start another with --name", name, a.which(name))
	}
	if err := dir.Remove(); err != nil {
		return "", err
	}
	return dir, dir.Create()
}
