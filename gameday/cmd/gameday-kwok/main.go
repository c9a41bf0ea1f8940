// Command gameday-kwok is KWOK's controller, which plays the kubelets of a
// game day. It is a binary of its own because its command-line flags and those
// of the Kubernetes components would clash in one process; gameday starts it.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/pflag"
	"sigs.k8s.io/kwok/pkg/config"
	"sigs.k8s.io/kwok/pkg/kwok/cmd"
	"sigs.k8s.io/kwok/pkg/log"
	"sigs.k8s.io/kwok/pkg/utils/signals"

	"github.com/binderctl/binderctl/gameday/internal/orphan"
)

func main() {
	orphan.Watch(os.Stdin, func() { os.Exit(1) })
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gameday-kwok:", err)
		os.Exit(1)
	}
}

// run reads the configuration, whose flags the command then carries too.
func run() error {
	flags := pflag.NewFlagSet("global", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}

	ctx, _ := log.InitFlags(signals.SetupSignalContext(), flags)
	ctx, err := config.InitFlags(ctx, flags)
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	command := cmd.NewCommand(ctx)
	command.PersistentFlags().AddFlagSet(flags)
	return command.ExecuteContext(ctx)
}
