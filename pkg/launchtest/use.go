package launchtest

import (
	"cmp"
	"context"
	"errors"
	"net/http"
)

// use uses the server that came of a launch as a notebook would.
func (s *story) use(ctx context.Context, ready Event) *Failure {
	server, err := serverOf(ready, s.launch.User, s.binder, s.opts)
	s.token = ready.Token
	s.launch.Image = cmp.Or(ready.Image, s.launch.Image)
	if server != nil {
		s.token = server.token
		s.launch.Server = server.url.String()
		s.launch.User = cmp.Or(userOf(server.url.Path), s.launch.User)
	}
	switch {
	case errors.Is(err, errForeign):
		s.launch.Cleanup = "may still run: it was not told to stop, as its token was not sent to it; it ends when nobody has used it for a while"
		return s.broke(ctx, Failure{Stage: ServerUp, Cause: ForeignServer, Says: err.Error()})
	case err != nil:
		s.launch.Cleanup = "may still run: nobody knows where it is"
		return s.broke(ctx, Failure{Stage: Route, Cause: Unexplained, Says: err.Error()})
	}
	s.server = server
	if ctx.Err() != nil {
		return s.broke(ctx, Failure{})
	}
	return s.useServer(ctx)
}

func (s *story) useServer(ctx context.Context) *Failure {
	s.clock.enter(ServerUp)
	if err := s.server.up(ctx); err != nil {
		return s.brokeAt(ctx, ServerUp, causeOfServer(err), err)
	}
	s.reached = true
	s.clock.enter(Kernel)
	kernel, err := startKernel(ctx, s.server)
	if kernel != nil {
		defer kernel.close()
	}
	if err != nil {
		cause := KernelFailed
		switch {
		case errors.Is(err, errDied):
			cause = KernelDied
		case kernel != nil:
			cause = KernelSilent
		}
		return s.brokeAt(ctx, Kernel, cause, err)
	}
	s.launch.Language = kernel.language
	s.clock.enter(Computes)
	s.launch.Computed, err = kernel.compute(ctx)
	switch {
	case errors.Is(err, errWrong):
		return s.brokeAt(ctx, Computes, WrongAnswer, err)
	case errors.Is(err, errDied):
		return s.brokeAt(ctx, Computes, KernelDied, err)
	case err != nil:
		return s.brokeAt(ctx, Computes, KernelSilent, err)
	default:
		return nil
	}
}

// causeOfServer says what it means that a server is not up: something else
// answers in its place, or nobody does.
func causeOfServer(err error) Cause {
	answer, answered := errors.AsType[*answerError](err)
	switch {
	case refusesToken(err):
		return TokenRefused
	case answered && answer.code != http.StatusGatewayTimeout:
		return NoRoute
	default:
		return ServerSilent
	}
}

// brokeAt is the failure of a stage of which the cause is known also if it was
// its limit that ended it, or that of the launch when something had been seen.
func (s *story) brokeAt(ctx context.Context, stage Stage, cause Cause, err error) *Failure {
	f := Failure{Stage: stage, Cause: cause, Says: plain(err)}
	if answer, ok := errors.AsType[*answerError](err); ok {
		f.Code = answer.code
	}
	late, ok := errors.AsType[*lateError](context.Cause(ctx))
	switch {
	case ctx.Err() == nil:
		return &f
	case ok && (late.stage == stage || late.whole && f.Says != late.Error()):
		if f.Says != late.Error() {
			f.Says = late.Error() + "; last: " + f.Says
		}
		return &f
	default:
		return s.broke(ctx, f)
	}
}
