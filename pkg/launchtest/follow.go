package launchtest

import (
	"cmp"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"time"
)

// follow follows BinderHub's stream until the server is ready.
func (s *story) follow(ctx context.Context) (Event, *Failure) {
	// The stream has a life of its own: when ctx ends while a server comes up, it
	// is read on for as long as grace lasts, to learn how to end that server.
	reading, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	s.hangUp = stop
	defer context.AfterFunc(ctx, func() { s.linger(ctx, reading, stop) })()

	stream, err := openStream(reading, s.opts, s.clock.now)
	if err != nil {
		return Event{}, s.broke(ctx, s.blameLink(err))
	}
	defer stream.close()
	s.binder, s.launch.Answered = stream.answered, stream.answered.String()
	s.clock.enterAt(Resolve, stream.began)
	s.clock.listen(s.opts.Silence)
	defer s.clock.deaf()

	var beside sync.WaitGroup
	if s.opts.Look != nil {
		beside.Go(func() { s.lookOut(ctx, reading) })
	}
	var last Event
	err = stream.read(func() { s.clock.alive(s.opts.Silence) }, func(event Event, at time.Time) bool {
		last = event
		s.hear(ctx, event, at)
		return !event.Ends()
	})
	stop()
	beside.Wait()
	switch {
	case last.Phase == "ready":
		s.launch.Overlooked = nil // it was noticed after all
		return last, nil
	case last.Failed():
		s.launch.User = cmp.Or(s.launch.User, userInFailure(last.Message))
		s.given = !strings.Contains(last.Message, tooLong) // then it only looks away: the Hub goes on
		failure := s.blame(last)
		return last, &failure
	default:
		return last, s.broke(ctx, s.blameLink(atEnd(err)))
	}
}

// tooLong is in what BinderHub says when it has waited for a server for as long
// as it does (launch_timeout).
const tooLong = "took too long to launch"

// userInFailure finds the user for whom BinderHub says that it failed to launch:
// "Image IMAGE for user USER took too long to launch". It is "" if it names none.
func userInFailure(message string) string {
	_, rest, found := strings.Cut(message, " for user ")
	name, what, _ := strings.Cut(rest, " ")
	if !found || what != tooLong && what != "failed to launch" {
		return ""
	}
	return name
}

// underWay is how long a stream is read on for what BinderHub has said already,
// when a launch is ended: that may be that a server comes up, or is there.
const underWay = time.Second

// linger ends the reading of the stream when ctx has ended: soon, or after a
// while if a server may come up meanwhile.
func (s *story) linger(ctx, reading context.Context, stop context.CancelFunc) {
	defer stop()
	if late, ok := errors.AsType[*lateError](context.Cause(ctx)); ok && late.silent {
		return
	}
	if !s.clock.isSpawning() {
		_ = pause(reading, underWay)
	}
	if s.clock.isSpawning() {
		_ = pause(reading, s.opts.Grace)
	}
}

// hear takes in an event that came at a time.
func (s *story) hear(ctx context.Context, event Event, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch stage := stageOf(event, s.launch.Stage()); {
	case event.Failed():
	case ctx.Err() == nil:
		s.clock.enterAt(stage, at)
	case stage.spawning(): // it is only waited for an end, and there will be one
		s.clock.spawns()
	}
	if event.Phase == "ready" {
		return
	}
	if event.Phase == "built" {
		s.launch.Built = s.seen(Queue) || s.seen(Fetch) || s.seen(Build)
	}
	if strings.HasPrefix(event.Message, "Launching server") || strings.HasPrefix(event.Message, "Launch attempt") {
		s.launch.Attempts++
	}
	s.launch.Image = cmp.Or(event.Image, s.launch.Image)
	if event.Phase == "launching" {
		s.hearLaunch(event.Message)
	}
	if event.Message == "" {
		return
	}
	if !event.Failed() {
		s.lastLog = cut(event.Message, mostSaid)
	}
	s.clock.tell(Moment{Log: s.scrub(event.Message)})
}

// seen reports whether the launch was in a stage.
func (s *story) seen(stage Stage) bool {
	for _, span := range s.launch.Spans {
		if span.Stage == stage {
			return true
		}
	}
	return false
}

// hearLaunch takes in what the Hub and Kubernetes say of a server that comes up.
func (s *story) hearLaunch(message string) {
	if strings.Contains(message, "Server ready at") {
		s.launch.User = cmp.Or(userOf(message), s.launch.User) // each attempt has a user of its own
	}
	if strings.HasPrefix(message, "Launch attempt") {
		s.warning, s.launch.pod, s.launch.Overlooked = "", "", nil
	}
	if _, text, found := strings.Cut(message, "Successfully assigned "); found {
		s.launch.pod = podAssigned(text)
	}
	if _, text, found := strings.Cut(message, "[Warning] "); found {
		s.warning, s.warned = cut(text, mostSaid), stageOfLaunch(message, s.launch.Stage())
	}
}

// podAssigned is the pod that the scheduler says it has given a node:
// "NAMESPACE/POD to NODE".
func podAssigned(text string) string {
	pod, _, _ := strings.Cut(text, " to ")
	_, name, _ := strings.Cut(pod, "/")
	return name
}

// atEnd is why a stream has ended: by an error, or just so.
func atEnd(err error) error {
	if err == nil {
		return io.EOF
	}
	return err
}
