package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/gameday/internal/hub"
)

func (a *app) newFault() *cobra.Command {
	return &cobra.Command{
		Use:   "fault [FAULT [on|off]]",
		Short: "Show what is wrong with the Hub, or change it",
		Long: `Show what is wrong with the Hub, or change it.

FAULT is one of ` + strings.Join(hub.FaultNames(), ", ") + `.
Those of the memory of the Hub's process end when the hub pod is replaced, the
others when they are turned off.`,
		Example:   "  gameday fault\n  gameday fault reflector-dead on\n  gameday fault slow off",
		Args:      cobra.MaximumNArgs(2),
		ValidArgs: hub.FaultNames(),
		RunE: func(c *cobra.Command, args []string) error {
			return a.fault(c.Context(), args)
		},
	}
}

func (a *app) fault(ctx context.Context, args []string) error {
	dir, err := a.find()
	if err != nil {
		return err
	}
	info, err := running(dir)
	if err != nil {
		return err
	}
	control := hub.Control{URL: info.HubControl}
	var states []hub.FaultState
	switch {
	case len(args) < 2:
		states, err = control.Faults(ctx)
	case args[1] == "on" || args[1] == "off":
		states, err = control.Switch(ctx, args[0], args[1] == "on")
	default:
		err = fmt.Errorf("switch fault: %q is neither on nor off", args[1])
	}
	if err != nil {
		return err
	}
	return a.printFaults(states, args)
}

// printFaults writes a table of faults: of all, or of the one that is asked for.
func (a *app) printFaults(states []hub.FaultState, args []string) error {
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
		return errors.New("show fault: there is no " + args[0] + "; there are " + strings.Join(hub.FaultNames(), ", "))
	}
	return table.Flush()
}
