package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/gameday/internal/plane"
	"github.com/binderctl/binderctl/gameday/internal/store"
	"github.com/binderctl/binderctl/gameday/internal/world"
)

func (a *app) newLoad() *cobra.Command {
	return &cobra.Command{
		Use:   "load SCENARIO",
		Short: "Add a scenario's objects to a running game day",
		Long: `Add a scenario's objects to a running game day.

What is there already under the same name is overwritten. The conditions of
recovery stay those of the scenario that the game day was started with.`,
		Example: "  gameday load ./more-pods.yaml",
		Args:    oneScenario,
		RunE: func(c *cobra.Command, args []string) error {
			return a.load(c.Context(), args[0])
		},
	}
}

func (a *app) load(ctx context.Context, what string) error {
	described, _, _, err := readScenario(what)
	if err != nil {
		return err
	}
	made, err := world.Build(described, a.now())
	if err != nil {
		return err
	}
	dir, err := a.find()
	if err != nil {
		return err
	}
	info, err := running(dir)
	if err != nil {
		return err
	}
	made.ServeKubelets(info.Kubelets)
	etcd, err := store.Open(ctx, info.EtcdPort)
	if err != nil {
		return err
	}
	defer etcd.Close()
	count, err := etcd.Put(ctx, made.Aged())
	if err != nil {
		return err
	}
	cluster, err := plane.Connect(dir)
	if err != nil {
		return err
	}
	if err := cluster.Create(ctx, made.Created()); err != nil {
		return err
	}
	a.say("loaded %d objects", count+len(made.Created()))
	return nil
}
