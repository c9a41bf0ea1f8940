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
)

func newBinderCommand() *cobra.Command {
	var config string
	command := &cobra.Command{
		Use:   Binder,
		Short: "A stand-in for BinderHub and what is behind the address of its users",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			settings, err := binder.ReadConfig(config)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			if err := binder.Run(ctx, settings, time.Now); !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		},
	}
	command.Flags().StringVar(&config, "config", "", "file with its settings")
	return command
}
