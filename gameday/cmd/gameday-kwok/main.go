// Command gameday-kwok is KWOK's controller, which plays the kubelets of a
// game day. It is a binary of its own because its command-line flags and those
// of the Kubernetes components would clash in one process; gameday starts it.
package main

import (
	"fmt"
	"os"

	"github.com/google/uuid"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/kwok/pkg/config"
	"sigs.k8s.io/kwok/pkg/kwok/cmd"
	"sigs.k8s.io/kwok/pkg/log"
	"sigs.k8s.io/kwok/pkg/utils/cel"
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
	if err := warmUp(); err != nil {
		return err
	}
	uuid.SetRand(&sameName{})
	command := cmd.NewCommand(ctx)
	command.PersistentFlags().AddFlagSet(flags)
	return command.ExecuteContext(ctx)
}

// warmUp fills the caches of types in the library that reads KWOK's conditions.
// They have no lock, and KWOK's workers for nodes and for pods would fill them at
// once, which ends the program now and then. What is there is only read.
func warmUp() error {
	for _, self := range []any{(*corev1.Node)(nil), (*corev1.Pod)(nil)} {
		_, err := cel.NewEnvironment(cel.EnvironmentConfig{
			Types: cel.DefaultTypes, Conversions: cel.DefaultConversions,
			Funcs: cel.DefaultFuncs, Methods: cel.FuncsToMethods(cel.DefaultFuncs),
			Vars: map[string]any{"self": self},
		})
		if err != nil {
			return fmt.Errorf("prepare conditions: %w", err)
		}
	}
	return nil
}
