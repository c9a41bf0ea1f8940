package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/gameday/internal/plane"
	"github.com/binderctl/binderctl/gameday/internal/supervisor"
)

const startDeadline = time.Minute

// newActions makes the commands that do something to one component.
func (a *app) newActions() []*cobra.Command {
	var commands []*cobra.Command
	for _, action := range []struct{ verb, short string }{
		{"stop", "Kill a component, as a crash would"},
		{"start", "Start a stopped component again, with the same port and data, and wait until it is well"},
		{"pause", "Freeze a component: it keeps its connections and does not answer"},
		{"resume", "Let a paused component go on"},
	} {
		commands = append(commands, &cobra.Command{
			Use:       action.verb + " COMPONENT",
			Short:     action.short,
			Long:      action.short + ".\n\nCOMPONENT is one of " + strings.Join(plane.Components(), ", ") + ".",
			Example:   "  gameday " + action.verb + " apiserver\n  gameday " + action.verb + " kwok",
			Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
			ValidArgs: plane.Components(),
			RunE: func(c *cobra.Command, args []string) error {
				return a.act(c.Context(), action.verb, args[0])
			},
		})
	}
	return commands
}

func (a *app) act(ctx context.Context, verb, component string) error {
	dir, err := a.find()
	if err != nil {
		return err
	}
	info, err := running(dir)
	if err != nil {
		return err
	}
	process, err := supervisor.NewClient(info.Socket).Do(ctx, verb, component)
	if err != nil {
		return fmt.Errorf("%s %s: %w", verb, component, err)
	}
	if verb == "start" {
		ctx, cancel := context.WithTimeout(ctx, startDeadline)
		defer cancel()
		if err := plane.AwaitStarted(ctx, dir, info, component); err != nil {
			return err
		}
	}
	a.say("%s is %s", component, process.State)
	return nil
}
