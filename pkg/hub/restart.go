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
	Timeout time.Duration // for all of it, but for a look that has begun; 0 is for ever
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
		timeUp, cancel := context.WithTimeout(context.WithoutCancel(ctx), opts.Timeout)
		defer cancel()
		r.timeUp = timeUp.Done()
	}
	return r.result, r.follow(ctx)
}

type restart struct {
	client *cluster.Client
	plan   RestartPlan
	opts   RestartOptions
	began  time.Time
	timeUp <-chan struct{} // nil if there is no limit
	last   string          // what was last seen in the way
	unsure bool            // whether the API server has heard that the old pod is to go
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
			return ctx.Err()
		case <-r.timeUp:
			return fmt.Errorf("not within %s: %s", r.opts.Timeout, r.last)
		}
	}
}

// notYet notes what is in the way at the moment: another try may get past it.
func (r *restart) notYet(err error) (bool, error) {
	if err != nil {
		r.last = err.Error()
	}
	return false, nil
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
