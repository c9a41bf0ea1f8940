package launchtest

import (
	"context"
	"net/url"
	"sync"
	"time"
)

// story is a launch while it happens.
type story struct {
	opts    *Options
	clock   *clock
	mu      sync.Mutex // for the launch, while the stream is read
	launch  Launch
	hangUp  func()   // ends the reading of the stream
	binder  *url.URL // that answered
	server  *server  // nil while there is none
	reached bool     // the server has answered
	given   bool     // BinderHub has given the launch up
	token   string   // of the server, to be kept out of all that is said
	lastLog string   // of the build
	warning string   // the last that Kubernetes gave, and the stage it is about
	warned  Stage
}

// Run launches once, and says how it went. Whatever happens, also when ctx ends,
// it ends the server that came of it, or says in Launch.Cleanup why it could not.
func Run(ctx context.Context, opts Options) Launch {
	if opts.Silence == 0 {
		opts.Silence = DefaultSilence
	}
	if opts.Grace == 0 {
		opts.Grace = DefaultGrace
	}
	// What was begun goes on for a while after ctx has ended, to be ended well.
	work, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	s := &story{opts: &opts}
	s.launch = Launch{Member: opts.Member, Binder: withoutSecrets(opts.Binder), Repo: opts.Repo.String(), Spans: []Span{}}
	s.clock = &clock{opts: &opts, launch: &s.launch, cancel: cancel, began: opts.Now()}
	s.launch.Began = s.clock.now()

	stop := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	defer stop()
	if opts.Timeout > 0 {
		whole := time.AfterFunc(opts.Timeout, func() { cancel(&lateError{whole: true, after: opts.Timeout}) })
		defer whole.Stop()
	}
	defer context.AfterFunc(work, s.clock.end)()
	failure := s.tell(work)
	if failure != nil {
		failure.At = s.clock.broke()
	}
	s.end(context.WithoutCancel(ctx), failure)
	return s.launch
}

// tell goes through a launch until it is through or has failed. The server, if
// there is one, runs.
func (s *story) tell(ctx context.Context) *Failure {
	s.clock.enter(Connect)
	ready, failure := s.follow(ctx)
	if failure != nil {
		return failure
	}
	return s.use(ctx, ready)
}

// broke is why the launch broke off: because it was ended from here, else as f
// says.
func (s *story) broke(ctx context.Context, f Failure) *Failure {
	if ctx.Err() != nil {
		f = s.blameEnd(context.Cause(ctx))
	}
	return &f
}

// withoutSecrets is an address without what may be secret in it.
func withoutSecrets(text string) string {
	address, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: address.Scheme, Host: address.Host, Path: address.Path}).String()
}
