// Package cli is the command line of gameday.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"google.golang.org/grpc/grpclog"

	"github.com/binderctl/binderctl/gameday/internal/plane"
)

// ComponentCommand is the first argument of processes that are components.
const ComponentCommand = plane.ComponentCommand

// The exit codes.
const (
	exitFailed       = 1
	exitNotRecovered = 3
	exitInterrupted  = 130
)

// app is what the commands have in common.
type app struct {
	out, err io.Writer
	now      func() time.Time
	name     string
	dir      string
	quiet    bool
}

// notRecovered is no failure, but has an exit code of its own.
var errNotRecovered = errors.New("not recovered")

// Main runs a command line and returns its exit code.
func Main(args []string) int {
	if len(args) == 3 && args[0] == plane.SuperviseCommand {
		return supervise(args[1], args[2])
	}
	// etcd's client would talk of connections on its own; what matters, it returns.
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{out: os.Stdout, err: os.Stderr, now: time.Now}
	root := a.newRoot()
	root.SetArgs(args)
	root.SetOut(a.out)
	root.SetErr(a.err)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errNotRecovered):
		return exitNotRecovered
	}
	fmt.Fprintln(a.err, "gameday:", err)
	if ctx.Err() != nil {
		return exitInterrupted
	}
	return exitFailed
}

func (a *app) newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "gameday",
		Short: "Replay the incidents of BinderHubs on a real control plane on this machine",
		Long: `Replay the incidents of BinderHubs on a real control plane on this machine.

A game day is a real etcd, kube-apiserver, kube-controller-manager and
kube-scheduler, with nodes whose kubelets are simulated by KWOK. It needs no
containers, no images, no network and no root, and listens on 127.0.0.1 only.`,
		Example:       "  eval \"$(gameday up too-many-pods)\"\n  kubectl get pods\n  gameday status\n  gameday down",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.name, "name", "", "the game day's name (default: the scenario's, or the only one there is)")
	flags.StringVar(&a.dir, "dir", "", "its state folder (default: $XDG_STATE_HOME/binderctl/gameday/NAME)")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "say nothing on the way")
	if foreign := pflag.CommandLine.Lookup("version"); foreign != nil { // of the Kubernetes that is in here
		foreign.Hidden = true
	}
	root.AddCommand(a.newList(), a.newUp(), a.newLoad(), a.newDown(), a.newStatus(), a.newFault(), a.newDrill())
	root.AddCommand(a.newActions()...)
	return root
}

// say tells progress.
func (a *app) say(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.err, format+"\n", args...)
	}
}
