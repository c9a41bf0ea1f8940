package component

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/binderctl/binderctl/gameday/internal/drill"
	"github.com/binderctl/binderctl/gameday/internal/hub"
	"github.com/binderctl/binderctl/gameday/internal/scenario"
	"github.com/binderctl/binderctl/gameday/internal/state"
)

func newDrillCommand() *cobra.Command {
	var folder string
	command := &cobra.Command{
		Use:   Drill,
		Short: "Notes what becomes of a drill",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			watcher, err := newWatcher(state.Dir(folder))
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			if err := watcher.Run(ctx); !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		},
	}
	command.Flags().StringVar(&folder, "dir", "", "the game day's folder")
	return command
}

// newWatcher makes the watcher of the drill in a folder.
func newWatcher(dir state.Dir) (*drill.Watcher, error) {
	content, err := os.ReadFile(dir.Scenario())
	if err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	described, err := scenario.Decode(filepath.Base(dir.Scenario()), content)
	if err != nil {
		return nil, err
	}
	info, err := dir.ReadInfo()
	if err != nil {
		return nil, err
	}
	config, err := clientcmd.BuildConfigFromFlags("", dir.InternalKubeconfig())
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	config.ContentType = runtime.ContentTypeProtobuf
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	watcher := &drill.Watcher{
		Client: client, Hub: hub.Control{URL: info.HubControl}, Scenario: described,
		Log: drill.Log(dir.Drill()), Now: time.Now,
	}
	if info.HubControl != "" {
		watcher.Database = dir.HubDatabase()
	}
	return watcher, nil
}
