package plane

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/state"
	"github.com/binderctl/binderctl/gameday/internal/supervisor"
)

// Failure is a component that ended while it was waited for.
type Failure struct {
	Process supervisor.Process
	Tail    string // of its log
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s ended (%s); the end of its log:\n%s", f.Process.Name, f.Process.Exit, f.Tail)
}

// portTaken says whether the component failed for want of its port.
func (f *Failure) portTaken() bool {
	return strings.Contains(f.Tail, "address already in use")
}

// await tries until check succeeds, the component ends, or ctx does. Who stops it
// knows why, and need not read the component's log.
func (p *Plane) await(ctx context.Context, name string, check func(context.Context) error) error {
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		if ended := p.ended(ctx, name); ended != nil {
			return ended
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return fmt.Errorf("wait for %s: %w", name, context.Cause(ctx))
			}
			return errors.Join(fmt.Errorf("wait for %s: %w; the end of its log:\n%s", name, context.Cause(ctx), tail(p.dir.Log(name))), err)
		}
	}
}

// AwaitStarted waits until a component of the game day in dir, which was just
// started again, is well.
func AwaitStarted(ctx context.Context, dir state.Dir, info state.Info, name string) error {
	p := &Plane{supervisor: supervisor.NewClient(info.Socket), dir: dir}
	return p.await(ctx, name, healthy(info.Health[name]))
}

// ended returns the failure of a component that ended by itself.
func (p *Plane) ended(ctx context.Context, name string) error {
	processes, err := p.supervisor.Processes(ctx)
	if err != nil {
		return nil // the next round will tell
	}
	for _, process := range processes {
		if process.Name == name && process.State == supervisor.Exited {
			return &Failure{Process: process, Tail: tail(process.Log)}
		}
	}
	return nil
}

// healthy checks a component's own verdict on itself.
func healthy(url string) func(context.Context) error {
	// It is on loopback, was just started, and is not told any secret.
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true,
	}}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("get %s: %s", url, response.Status)
		}
		return nil
	}
}

// tail is the last lines of a file.
func tail(path string) string {
	const lines = 15
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(content), "\n"), "\n")
	return "  " + strings.Join(all[max(0, len(all)-lines):], "\n  ")
}
