package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/gameday/internal/state"
	"github.com/binderctl/binderctl/gameday/internal/supervisor"
)

func (a *app) newDown() *cobra.Command {
	var all bool
	command := &cobra.Command{
		Use:   "down",
		Short: "End a game day and remove its state",
		Long: `End a game day and remove its state.

Returns when nothing of it runs any more. To end one that is not there is fine.`,
		Example: "  gameday down\n  gameday down --name rehearsal\n  gameday down --all",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if all {
				return a.downAll(c.Context())
			}
			dir, err := a.find()
			if errors.Is(err, errNone) {
				a.say("no game day is there")
				return nil
			}
			if err != nil {
				return err
			}
			return a.down(c.Context(), dir)
		},
	}
	command.Flags().BoolVar(&all, "all", false, "end all there are in the default folder")
	return command
}

func (a *app) downAll(ctx context.Context) error {
	dirs, err := known()
	for _, dir := range dirs {
		err = errors.Join(err, a.down(ctx, dir))
	}
	return err
}

func (a *app) down(ctx context.Context, dir state.Dir) error {
	name := filepath.Base(string(dir))
	alive, err := supervisor.Alive(string(dir))
	if err != nil {
		return fmt.Errorf("end game day %s: %w", name, err)
	}
	info, infoErr := dir.ReadInfo()
	if alive {
		if err := supervisor.End(ctx, string(dir), info.Socket); err != nil {
			return fmt.Errorf("end game day %s: %w", name, err)
		}
	}
	if infoErr == nil {
		// A supervisor that was killed could not remove it.
		err = os.RemoveAll(filepath.Dir(info.Socket))
	}
	if err := errors.Join(err, dir.Remove()); err != nil {
		return fmt.Errorf("end game day %s: %w", name, err)
	}
	a.say("game day %s is over", name)
	return nil
}
