package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/binderctl/binderctl/gameday/internal/hub"
	"github.com/binderctl/binderctl/gameday/internal/hubdb"
	"github.com/binderctl/binderctl/gameday/internal/recovery"
	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// pace is how often the watcher looks: the grain of "recovered". A look at 1,000
// pods costs the API server a tenth of a second.
const pace = 2 * time.Second

// Watcher notes what becomes of a drill.
type Watcher struct {
	Client   kubernetes.Interface
	Hub      hub.Control
	Database string // of the Hub; there is none where the scenario has no Hub
	Scenario *scenario.Scenario
	Log      Log
	Now      func() time.Time

	sessions map[string]bool // by pod
	played   map[int]bool    // of the timeline
}

// Run watches until ctx ends. A look that fails, as the API server may be down on
// purpose, says nothing.
func (w *Watcher) Run(ctx context.Context) error {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		look, cancel := context.WithTimeout(ctx, 5*pace)
		err := errors.Join(w.play(look), w.look(look))
		cancel()
		if err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "drill:", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// look looks once and notes what changed.
func (w *Watcher) look(ctx context.Context) error {
	known, err := w.known()
	if err != nil {
		return err
	}
	sight, err := recovery.Look(ctx, w.Client, w.Hub, w.Scenario, w.Now())
	if err != nil {
		return err
	}
	first := w.sessions == nil
	if err := w.follow(sight.Pods, known); err != nil {
		return err
	}
	if first {
		if err := w.Log.Add(Event{At: w.Now(), Event: Watching}); err != nil {
			return err
		}
	}
	verdicts, err := sight.Verdicts(ctx)
	if err != nil {
		return err
	}
	return w.note(recovery.Mended(verdicts))
}

// note notes that the incident is over, or has come back, if that is news. Sessions
// that ended do not keep it from being over: they are the score's matter, and a drill
// that cannot be won any more would have no end.
func (w *Watcher) note(over bool) error {
	state, err := w.Log.State()
	if err != nil || state.Over == over {
		return err
	}
	event := Event{At: w.Now(), Event: Relapsed}
	if over {
		event.Event = Recovered
	}
	return w.Log.Add(event)
}

// follow notes the sessions that ended since the last look.
func (w *Watcher) follow(pods []corev1.Pod, known func(pod string) bool) error {
	running := map[string]bool{}
	for i := range pods {
		pod := &pods[i]
		if recovery.IsUserPod(pod) && pod.Status.Phase == corev1.PodRunning && pod.DeletionTimestamp == nil {
			running[pod.Name] = true
		}
	}
	var errs []error
	for pod := range w.sessions {
		if !running[pod] {
			errs = append(errs, w.Log.Add(Event{At: w.Now(), Event: Ended, Pod: pod}))
		}
	}
	w.sessions = map[string]bool{}
	for pod := range running {
		if known(pod) {
			w.sessions[pod] = true
		}
	}
	return errors.Join(errs...)
}

// known tells whether somebody can be in a pod: whether the Hub knows of a server
// there that is ready. Where the scenario has no Hub, anybody may be in any.
func (w *Watcher) known() (func(pod string) bool, error) {
	if w.Database == "" {
		return func(string) bool { return true }, nil
	}
	content, err := hubdb.Read(w.Database)
	if err != nil {
		return nil, err
	}
	ready := map[string]bool{}
	for _, user := range content.Users {
		if user.Server != nil && user.Server.Pending == "" {
			ready[user.Server.Pod] = true
		}
	}
	return func(pod string) bool { return ready[pod] }, nil
}
