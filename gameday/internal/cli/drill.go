package cli

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/binderctl/binderctl/gameday/internal/component"
	"github.com/binderctl/binderctl/gameday/internal/drill"
	"github.com/binderctl/binderctl/gameday/internal/plane"
	"github.com/binderctl/binderctl/gameday/internal/scenario"
	"github.com/binderctl/binderctl/gameday/internal/state"
	"github.com/binderctl/binderctl/gameday/internal/supervisor"
	"github.com/binderctl/binderctl/gameday/scenarios"
)

// The name and the title of a game day that is a drill: neither tells what it is.
const (
	drillName  = "drill"
	drillTitle = "A drill"
)

// anyDrill is what is asked for by who wants not to know.
const anyDrill = "any"

const drillLong = `Play an incident as a drill: without saying which.

What the pager says is all that you are told. Mend it as you would the real one;
"gameday drill score" then says how you did beside the runbook's own run, and what
it was. While a drill is on, "gameday status" tells whether it is over and nothing
more.

SCENARIO is one that "gameday list" says can be played, a file, or any: one of
them by chance, which --seed makes the same again.`

type drillOptions struct {
	seed    uint64
	timeout time.Duration
}

func (a *app) newDrill() *cobra.Command {
	var options drillOptions
	command := &cobra.Command{
		Use:     "drill SCENARIO|any",
		Short:   "Play an incident as a drill: find out what it is, mend it, and be scored",
		Long:    drillLong,
		Example: "  eval \"$(gameday drill any)\"\n  gameday drill score\n  gameday drill give-up\n  gameday down",
		Args:    oneScenario,
		RunE: func(c *cobra.Command, args []string) error {
			return a.drill(c.Context(), args[0], options, c.Flags().Changed("seed"))
		},
	}
	flags := command.Flags()
	flags.Uint64Var(&options.seed, "seed", 0, "of the chance by which any chooses (default: the time)")
	flags.DurationVar(&options.timeout, "timeout", 3*time.Minute, "give up when it is not up by then")
	command.AddCommand(a.newDrillScore(), a.newDrillGiveUp())
	return command
}

func (a *app) drill(ctx context.Context, what string, options drillOptions, seeded bool) error {
	if !seeded {
		options.seed = uint64(a.now().UnixNano())
	}
	if what == anyDrill {
		var err error
		if what, err = choose(options.seed); err != nil {
			return err
		}
	}
	described, name, content, err := readScenario(what)
	if err != nil {
		return err
	}
	if described.Drill == nil {
		return fmt.Errorf("play %s: it is no drill; those that are: %s", name, strings.Join(playable(), ", "))
	}
	a.nameDrill()
	dir, err := a.raise(ctx, day{name: a.dayName(), title: drillTitle, scenario: described, content: content, drill: true}, options.timeout)
	if err != nil {
		return err
	}
	if err := a.watchDrill(ctx, dir, name); err != nil {
		return errors.Join(err, a.down(context.WithoutCancel(ctx), dir))
	}
	a.page(described.Drill)
	fmt.Fprintf(a.out, "export KUBECONFIG=%s\n", shellQuote(dir.Kubeconfig()))
	return nil
}

// page tells what the pager says, and how the drill ends.
func (a *app) page(d *scenario.Drill) {
	which := a.which(a.dayName())
	fmt.Fprintf(a.err, "\n%s\n\n", strings.TrimSpace(d.Page))
	a.say("is it over?       gameday status %[1]s\nhow did you do?   gameday drill score %[1]s\nwhat was it?      gameday drill give-up %[1]s\nend it with:      gameday down %[1]s", which)
}

// watchDrill has the drill begin: from now on, what becomes of it is noted.
func (a *app) watchDrill(ctx context.Context, dir state.Dir, name string) error {
	config, err := clientcmd.LoadFromFile(dir.Kubeconfig())
	if err != nil {
		return fmt.Errorf("begin drill: %w", err)
	}
	server := config.Clusters[config.Contexts[config.CurrentContext].Cluster].Server
	info, err := dir.ReadInfo()
	if err != nil {
		return err
	}
	programs, err := binaries()
	if err != nil {
		return err
	}
	_, err = supervisor.NewClient(info.Socket).Start(ctx, supervisor.Spec{
		Name: component.Drill, Path: programs.Gameday, Log: dir.Log(component.Drill),
		Args: []string{plane.ComponentCommand, component.Drill, "--dir=" + string(dir)},
	})
	if err != nil {
		return err
	}
	log := drill.Log(dir.Drill())
	ctx, cancel := context.WithTimeout(ctx, startDeadline)
	defer cancel()
	if err := log.Await(ctx); err != nil {
		return err
	}
	return log.Add(drill.Event{At: a.now(), Event: drill.Began, Scenario: name, Server: server})
}

// playable lists the scenarios that can be played.
func playable() []string {
	return slices.DeleteFunc(scenarios.Names(), func(name string) bool {
		described, _, _, err := readScenario(name)
		return err != nil || described.Drill == nil
	})
}

// choose chooses a scenario by chance.
func choose(seed uint64) (string, error) {
	names := playable()
	if len(names) == 0 {
		return "", errors.New("choose a drill: no scenario can be played")
	}
	return names[rand.New(rand.NewPCG(seed, seed)).IntN(len(names))], nil
}
