package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/gameday/internal/binder"
	"github.com/binderctl/binderctl/gameday/internal/control"
	"github.com/binderctl/binderctl/gameday/internal/drill"
	"github.com/binderctl/binderctl/gameday/internal/hub"
	"github.com/binderctl/binderctl/gameday/internal/state"
)

func (a *app) newFault() *cobra.Command {
	return &cobra.Command{
		Use:   "fault [FAULT [on|off]]",
		Short: "Show what is wrong with the Hub and BinderHub, or change it",
		Long: `Show what is wrong with the Hub and BinderHub, or change it.

FAULT is one of the Hub's: ` + strings.Join(hub.FaultNames(), ", ") + `;
or of a launch's way through BinderHub: ` + strings.Join(binder.FaultNames(), ", ") + `.
Those of the memory of the Hub's process end when the hub pod is replaced, the
others when they are turned off.`,
		Example:   "  gameday fault\n  gameday fault reflector-dead on\n  gameday fault pull-fails on\n  gameday fault slow off",
		Args:      cobra.MaximumNArgs(2),
		ValidArgs: faultNames(),
		RunE: func(c *cobra.Command, args []string) error {
			return a.fault(c.Context(), args)
		},
	}
}

func faultNames() []string { return slices.Concat(hub.FaultNames(), binder.FaultNames()) }

func (a *app) fault(ctx context.Context, args []string) error {
	dir, err := a.find()
	if err != nil {
		return err
	}
	info, err := running(dir)
	if err != nil {
		return err
	}
	if stage, err := drill.Log(dir.Drill()).State(); err != nil {
		return err
	} else if stage.Hidden {
		return errors.New("show faults: this is a drill; to be told: gameday drill give-up")
	}
	if len(args) > 0 && !slices.Contains(faultNames(), args[0]) {
		return fmt.Errorf("find fault: there is no %q; there are %s", args[0], strings.Join(faultNames(), ", "))
	}
	if len(args) == 2 {
		if args[1] != "on" && args[1] != "off" {
			return fmt.Errorf("switch fault: %q is neither on nor off", args[1])
		}
		if err := switchFault(ctx, info, args[0], args[1] == "on"); err != nil {
			return err
		}
	}
	states, err := faultStates(ctx, info)
	if err != nil {
		return err
	}
	return a.printFaults(states, args)
}

// switchFault tells whose fault it is.
func switchFault(ctx context.Context, info state.Info, name string, on bool) error {
	if slices.Contains(hub.FaultNames(), name) {
		return hub.ControlAt(info.HubControl).Switch(ctx, name, on)
	}
	return binder.ControlAt(info.BinderControl).Switch(ctx, name, on)
}

// faultStates are those of the Hub and of BinderHub, as far as the game day has
// them.
func faultStates(ctx context.Context, info state.Info) ([]control.FaultState, error) {
	states, err := hub.ControlAt(info.HubControl).Faults(ctx)
	if err != nil || info.BinderControl == "" {
		return states, err
	}
	more, err := binder.ControlAt(info.BinderControl).Faults(ctx)
	return append(states, more...), err
}

// printFaults writes a table of faults: of all, or of the one that is asked for.
func (a *app) printFaults(states []control.FaultState, args []string) error {
	table := tabwriter.NewWriter(a.out, 0, 0, 3, ' ', 0)
	fmt.Fprintf(table, "FAULT\tSTATE\tSINCE\tENDS\tMEANS\n")
	known := false
	for _, state := range states {
		if len(args) > 0 && args[0] != state.Name {
			continue
		}
		known = true
		word, since, ends := "off", "-", "when turned off"
		if state.Since != nil {
			word, since = "on", a.now().Sub(*state.Since).Truncate(time.Second).String()
		}
		if state.Memory {
			ends = "with the hub pod"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", state.Name, word, since, ends, state.Means)
	}
	if !known {
		return errors.New("show fault: this game day has no BinderHub; see binder in its scenario")
	}
	return table.Flush()
}
