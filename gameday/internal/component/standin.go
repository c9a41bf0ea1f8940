package component

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/gameday/internal/binder"
	"github.com/binderctl/binderctl/gameday/internal/hub"
)

// newStandIn is the command of a component that is none of Kubernetes', which one
// flag tells where its settings are. It runs until it is told to end, and that is
// no failure.
func newStandIn(name, short, flag, usage string, run func(ctx context.Context, settings string) error) *cobra.Command {
	var settings string
	command := &cobra.Command{
		Use:   name,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			if err := run(ctx, settings); !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		},
	}
	command.Flags().StringVar(&settings, flag, "", usage)
	return command
}

func runHub(ctx context.Context, config string) error {
	settings, err := hub.ReadConfig(config)
	if err != nil {
		return err
	}
	return hub.Run(ctx, settings, time.Now)
}

func runBinder(ctx context.Context, config string) error {
	settings, err := binder.ReadConfig(config)
	if err != nil {
		return err
	}
	return binder.Run(ctx, settings, time.Now)
}
