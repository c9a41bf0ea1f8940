package launchtest

import (
	"context"
	"errors"
)

// end ends what the launch has begun, and settles how it went. ctx does not end
// with the launch.
func (s *story) end(ctx context.Context, failure *Failure) {
	s.gather(ctx, failure)
	s.blameHub(failure)
	if s.server != nil {
		if trouble := s.shutDown(ctx); failure == nil && trouble != nil {
			failure, trouble.At = trouble, s.clock.now()
		}
	} else if failure != nil && s.launch.Cleanup == "" && s.mayComeUp(failure.Cause) {
		s.launch.Cleanup = s.comingUp()
	}
	s.clock.stop()
	s.launch.Ended = s.clock.now()
	s.launch.Seconds = s.launch.Ended.Sub(s.launch.Began).Seconds()
	s.launch.Result = OK
	if failure == nil {
		return
	}
	failure.Says = cut(s.scrub(failure.Says), mostSaid)
	s.launch.Cleanup = s.scrub(s.launch.Cleanup)
	s.launch.Failure, s.launch.Result = failure, failure.Cause.Result()
}

// gather has the cluster asked about a launch that came as far as to have a pod,
// of a build or its own.
func (s *story) gather(ctx context.Context, failure *Failure) {
	if failure == nil || s.opts.Gather == nil || failure.Cause == ByOperator {
		return
	}
	if failure.Stage.Before(HubUser) && !failure.Stage.building() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, gatherTime)
	defer cancel()
	s.launch.Evidence = s.opts.Gather(ctx, s.launch)
	s.launch.Evidence.explain(failure)
}

// mayComeUp reports whether a launch that broke by a cause may still come to a
// server: because it was left, and not given up by BinderHub.
func (s *story) mayComeUp(cause Cause) bool {
	if !s.launch.Stage().spawning() && !s.clock.isSpawning() {
		return false
	}
	switch cause {
	case ByOperator, StageTooLong, LaunchTooLong, Silent, BrokenOff, NoNode, NoImage, PodFailed, SpawnSlow, Overlooked:
		return !s.given
	default:
		return false
	}
}

// comingUp is what is left of a launch that may still come to a server.
func (s *story) comingUp() string {
	e := s.launch.Evidence
	switch {
	case s.launch.Overlooked != nil:
		return "runs, and the Hub takes no notice: only its own token could stop it, and its pod stays until it is removed as one that the Hub has lost"
	case e.over():
		return ""
	case e.held() != "":
		return "may still come up, until the Hub gives it up: " + e.held()
	default:
		return "may still come up: only its own token could stop it; it ends when nobody has used it for a while"
	}
}

// shutDown ends the server and makes sure that it is gone. One that was never
// reached, and cannot be told, runs for all that is known: that nobody answers
// for it means nothing then.
func (s *story) shutDown(ctx context.Context) *Failure {
	s.clock.enter(Shutdown)
	limit := s.opts.limit(Shutdown)
	if limit <= 0 {
		limit = DefaultLimits()[Shutdown]
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, &lateError{stage: Shutdown, after: limit})
	defer cancel()
	refused := s.server.stop(ctx)
	if refused != nil && !s.reached {
		return s.notStopped(refused)
	}
	refused, err := s.server.gone(ctx, refused)
	switch {
	case err == nil:
		return nil // also if the order was not heard, because it had gone before
	case refused != nil:
		return s.notStopped(refused)
	default:
		s.launch.Cleanup = "may still run: it was told to stop, and " + plain(err)
		return &Failure{Stage: Shutdown, Cause: StillThere, Says: plain(err)}
	}
}

// notStopped says that the server could not be told to stop.
func (s *story) notStopped(refused error) *Failure {
	f := &Failure{Stage: Shutdown, Cause: ShutdownFailed, Says: plain(refused)}
	if answer, ok := errors.AsType[*answerError](refused); ok {
		f.Code = answer.code
	}
	s.launch.Cleanup = "may still run: it could not be told to stop: " + f.Says
	return f
}
