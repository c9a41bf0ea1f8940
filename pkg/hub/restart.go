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

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Stage is how far a restart has come.
type Stage string

// The stages of a restart, in order.
const (
	StageBegun    Stage = "begun"    // nothing has been asked for yet
	StageDeleted  Stage = "deleted"  // the old pod was asked to go
	StageReady    Stage = "ready"    // the next pod is ready
	StageAnswers  Stage = "answers"  // the Hub answers again
	StageAdopted  Stage = "adopted"  // it has taken up the servers that it knew
	StageCompared Stage = "compared" // sessions were counted again
)

// Restarted is what a restart came to.
type Restarted struct {
	Old   string `json:"old"`
	New   string `json:"new"` // "" if there is none yet
	Stage Stage  `json:"stage"`
	// When each was reached, in seconds after the old pod was asked to go; 0 if it
	// was not.
	ReadyAfter   float64 `json:"readySeconds"`
	AnswersAfter float64 `json:"downSeconds"` // for which no Hub answered
	AdoptedAfter float64 `json:"adoptedSeconds"`

	Before  int      `json:"sessionsBefore"` // user pods that ran
	After   int      `json:"sessionsAfter"`
	Ended   []string `json:"ended"`   // pods that ran before and are gone
	Servers int      `json:"servers"` // in which the Hub believes now
	// Dropped are pods that run, whose server the Hub knew before and does not now.
	Dropped []string `json:"dropped"`
	// Unheard is why what the Hub took up could not be told, or "".
	Unheard string `json:"unheard"`
	// Forgot is why it looks as if a Hub that could not be asked before had lost its
	// memory, or "".
	Forgot string `json:"forgot"`
}

// fewEnded is the share of the sessions that may end meanwhile without the
// restart being to blame: people leave at any time.
const fewEnded = 0.1

// Well reports whether the Hub is back, knows all that it knew, and hardly a
// session has ended meanwhile.
func (r Restarted) Well() bool {
	return r.Stage == StageCompared && len(r.Dropped) == 0 && r.Forgot == "" && float64(len(r.Ended)) <= max(1, fewEnded*float64(r.Before))
}

// RestartOptions say how a restart is followed.
type RestartOptions struct {
	Hub     Options
	Timeout time.Duration // for all of it; 0 is for ever
	Tell    func(Stage)   // as each is reached; may be nil
}

// look is how often the Hub is asked again while it starts.
const look = time.Second

// Restart deletes the hub pod of a plan, if it still is that pod, and follows the
// next one until the Hub has taken up the servers that it knew. What it came to
// is told also if there is an error: ctx's, if the operator stopped waiting.
func Restart(ctx context.Context, c *cluster.Client, plan RestartPlan, opts RestartOptions) (Restarted, error) {
	r := &restart{client: c, plan: plan, opts: opts, result: Restarted{
		Old: plan.Pod, Stage: StageBegun, Before: plan.Sessions, Ended: []string{}, Dropped: []string{},
	}}
	r.began = c.Now()
	err := c.DeletePod(context.WithoutCancel(ctx), c.Where.Namespace, plan.Pod, plan.UID, cluster.DeleteOptions{})
	switch {
	case cluster.Unreachable(err):
		r.unsure = true
	case apierrors.IsNotFound(err), apierrors.IsConflict(err):
		return r.result, fmt.Errorf("delete pod %s: it is gone: somebody else has restarted the Hub; nothing was done", plan.Pod)
	case err != nil:
		return r.result, fmt.Errorf("delete pod %s: %w", plan.Pod, err)
	}
	r.reach(StageDeleted)
	if opts.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, opts.Timeout)
		defer cancel()
	}
	return r.result, r.follow(ctx)
}

type restart struct {
	client *cluster.Client
	plan   RestartPlan
	opts   RestartOptions
	began  time.Time
	last   string // what was last seen in the way
	unsure bool   // whether the API server has heard that the old pod is to go
	result Restarted
}

func (r *restart) reach(stage Stage) {
	r.result.Stage = stage
	if r.opts.Tell != nil {
		r.opts.Tell(stage)
	}
}

func (r *restart) elapsed() float64 { return r.client.Now().Sub(r.began).Seconds() }

func (r *restart) follow(ctx context.Context) error {
	if err := r.until(ctx, r.podIsReady); err != nil {
		return fmt.Errorf("wait for the next hub pod: %w", err)
	}
	r.result.ReadyAfter = r.elapsed()
	r.reach(StageReady)
	if r.plan.servers == nil && r.cannotAsk(ctx) {
		return r.compare(ctx)
	}
	hub, err := r.answers(ctx)
	if err != nil {
		return fmt.Errorf("wait for the Hub to answer: %w", err)
	}
	r.result.AnswersAfter = r.elapsed()
	r.reach(StageAnswers)
	err = r.until(ctx, func(ctx context.Context) (bool, error) { return r.hasAdopted(ctx, hub) })
	if err := errors.Join(err, hub.Close()); err != nil {
		return errors.Join(fmt.Errorf("wait for the Hub to take up its servers: %w", err), r.compare(ctx))
	}
	if r.result.Unheard != "" {
		r.result.AnswersAfter, r.result.Servers = 0, 0
		return r.compare(ctx)
	}
	r.result.AdoptedAfter = r.elapsed()
	r.reach(StageAdopted)
	return r.compare(ctx)
}

// until asks now and then whether something is so, until it is, cannot be any
// more, or the time is up.
func (r *restart) until(ctx context.Context, holds func(context.Context) (bool, error)) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		if ok, err := holds(ctx); ok || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return ctx.Err()
			}
			return fmt.Errorf("not within %s: %s", r.opts.Timeout, r.last)
		}
	}
}

// notYet notes what is in the way at the moment: another try may get past it.
// That the time is up is not what is in the way.
func (r *restart) notYet(err error) (bool, error) {
	if err == nil {
		return false, nil
	}
	if r.last == "" || !errors.Is(err, context.DeadlineExceeded) {
		r.last = err.Error()
	}
	return false, nil
}

// whyNot says what a pod that is not ready waits for.
func whyNot(pod *corev1.Pod) string {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status != corev1.ConditionTrue {
			return "no node takes it: " + condition.Message
		}
	}
	for _, status := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		if waits := status.State.Waiting; waits != nil && waits.Reason != "" {
			return "container " + status.Name + ": " + waits.Reason
		}
	}
	return "it is " + string(pod.Status.Phase)
}

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

// compare looks which sessions have ended meanwhile. It does so also when the
// time was up: a few seconds more are well spent on that.
func (r *restart) compare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	now, err := ReadUserPods(ctx, r.client)
	if err != nil {
		return fmt.Errorf("count sessions again: %w", err)
	}
	alive := map[types.UID]bool{}
	for i := range now.Pods {
		if p := &now.Pods[i]; p.Phase == corev1.PodRunning {
			alive[p.UID] = true
		}
	}
	r.result.After = len(alive)
	for i := range r.plan.before.Pods {
		if p := &r.plan.before.Pods[i]; p.Phase == corev1.PodRunning && !p.deleting() && !alive[p.UID] {
			r.result.Ended = append(r.result.Ended, p.Name)
		}
	}
	slices.Sort(r.result.Ended)
	if r.result.Stage == StageAdopted || r.result.Unheard != "" {
		r.reach(StageCompared)
	}
	return nil
}
