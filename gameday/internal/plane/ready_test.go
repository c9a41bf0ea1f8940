package plane

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/component"
	"github.com/binderctl/binderctl/gameday/internal/state"
	"github.com/binderctl/binderctl/gameday/internal/supervisor"
)

// TestOnlyWhoDidNotStopItIsShownTheLog of a component that was waited for.
func TestOnlyWhoDidNotStopItIsShownTheLog(t *testing.T) {
	t.Parallel()
	dir := state.Dir(t.TempDir())
	if err := dir.Create(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir.Log(component.APIServer), []byte("no such flag\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &Plane{supervisor: supervisor.NewClient(filepath.Join(string(dir), "none")), dir: dir}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	late, end := context.WithDeadline(t.Context(), time.Time{})
	defer end()
	for ctx, shown := range map[context.Context]bool{stopped: false, late: true} {
		err := p.await(ctx, component.APIServer, func(context.Context) error { return errors.New("not yet") })
		if !errors.Is(err, ctx.Err()) || strings.Contains(err.Error(), "no such flag") != shown {
			t.Errorf("the log is to be shown: %t; got %v", shown, err)
		}
	}
}
