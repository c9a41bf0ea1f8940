package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
)

// cannotAsk reports whether the Hub could not be asked before for a reason that
// a restart does not mend: no token, or one that it refuses.
func (r *restart) cannotAsk(ctx context.Context) bool {
	hub, err := Connect(ctx, r.client, r.opts.Hub)
	if err == nil {
		_, err = hub.View(ctx)
		err = errors.Join(err, hub.Close())
	}
	if errors.Is(err, ErrNoToken) || errors.Is(err, ErrRefused) || apierrors.IsForbidden(err) {
		r.result.Unheard = err.Error()
		return true
	}
	return false
}

// answers waits for the Hub's API. Each try is through a tunnel of its own: that
// of the old pod ends with it.
func (r *restart) answers(ctx context.Context) (*Client, error) {
	var hub *Client
	err := r.until(ctx, func(ctx context.Context) (bool, error) {
		found, err := Connect(ctx, r.client, r.opts.Hub)
		if err != nil {
			return r.notYet(err)
		}
		if _, err := found.Version(ctx); err != nil {
			return r.notYet(errors.Join(err, found.Close()))
		}
		hub = found
		return true, nil
	})
	return hub, err
}

// hasAdopted reports whether the Hub has taken up every server that it knew and
// whose pod still runs: it checks them one by one when it starts.
func (r *restart) hasAdopted(ctx context.Context, hub *Client) (bool, error) {
	view, err := hub.View(ctx)
	if err != nil {
		return r.notYet(err)
	}
	pods, err := ReadUserPods(ctx, r.client)
	if err != nil {
		return r.notYet(err)
	}
	if r.plan.servers == nil {
		if r.result.Unheard = r.plan.another(view, pods, r.opts.Hub); r.result.Unheard != "" {
			return true, nil
		}
		r.result.Forgot = forgot(view, pods)
	}
	checking := 0
	for _, server := range view.Servers {
		checking += yes(server.Pending == PendingCheck)
	}
	r.result.Servers, r.result.Dropped = len(view.Servers), r.dropped(view, pods)
	r.last = fmt.Sprintf("it checks %d servers, and %d that it knew are missing", checking, len(r.result.Dropped))
	return checking == 0 && (len(r.result.Dropped) == 0 || r.elapsed()-r.result.AnswersAfter > patienceWithDropped.Seconds()), nil
}

// forgot is why a Hub looks as if it had lost its memory, where nothing tells what it
// knew before: it knows fewer than half of the pods that run.
func forgot(view View, pods Sighting) string {
	known, running := 0, 0
	for i := range pods.Pods {
		if p := &pods.Pods[i]; p.Phase == corev1.PodRunning && !p.deleting() && p.Doubt == "" {
			_, knows := view.Servers[p.Key]
			known, running = known+yes(knows), running+1
		}
	}
	if !LostSight(known, running) {
		return ""
	}
	return fmt.Sprintf("it knows %d of %d user pods that run, and could not be asked before which it knew", known, running)
}

// patienceWithDropped is how long a Hub that answers may take before a server
// that it knew counts as dropped: it looks for each for 10 s (JupyterHub's
// init_spawners_timeout) and goes on in the background.
const patienceWithDropped = 30 * time.Second

// dropped are the pods that run, whose server was ready for the Hub before, and
// is not now.
func (r *restart) dropped(view View, pods Sighting) []string {
	was := map[types.UID]bool{}
	for i := range r.plan.before.Pods {
		was[r.plan.before.Pods[i].UID] = true
	}
	missing := []string{}
	for i := range pods.Pods {
		p := &pods.Pods[i]
		_, knows := view.Servers[p.Key]
		if known := r.plan.servers[p.Key]; known.Ready && was[p.UID] && !knows && p.Phase == corev1.PodRunning && !p.deleting() {
			missing = append(missing, p.Name)
		}
	}
	slices.Sort(missing)
	return missing
}
