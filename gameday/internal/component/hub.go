package component

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/gameday/internal/hub"
)

func newHubCommand() *cobra.Command {
	var config string
	command := &cobra.Command{
		Use:   Hub,
		Short: "A stand-in for JupyterHub, KubeSpawner and their proxy",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			settings, err := hub.ReadConfig(config)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			if err := hub.Run(ctx, settings, time.Now); !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		},
	}
	command.Flags().StringVar(&config, "config", "", "file with its settings")
	return command
}
