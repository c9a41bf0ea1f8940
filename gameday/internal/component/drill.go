package component

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/binderctl/binderctl/gameday/internal/drill"
	"github.com/binderctl/binderctl/gameday/internal/hub"
	"github.com/binderctl/binderctl/gameday/internal/scenario"
	"github.com/binderctl/binderctl/gameday/internal/state"
)

func runDrill(ctx context.Context, folder string) error {
	watcher, err := newWatcher(state.Dir(folder))
	if err != nil {
		return err
	}
	return watcher.Run(ctx)
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
		Client: client, Hub: hub.ControlAt(info.HubControl), Scenario: described,
		Log: drill.Log(dir.Drill()), Now: time.Now,
	}
	if info.HubControl != "" {
		watcher.Database = dir.HubDatabase()
	}
	return watcher, nil
}
