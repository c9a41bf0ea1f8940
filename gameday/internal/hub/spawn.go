package hub

import (
	"context"
	"fmt"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/hubdb"
)

// What can be pending of a server.
const (
	pendingSpawn = "spawn"
	pendingStop  = "stop"
	pendingCheck = "check"
)

// startTimeoutAdvice is what JupyterHub says after a start timed out.
const startTimeoutAdvice = `
Common causes of this timeout, and debugging tips:

1. Everything is working, but it took too long.
2. The server didn't finish starting,
   or it crashed due to a configuration issue.
`

// beginSpawn starts a user's server. The caller holds the lock.
func (l *life) beginSpawn(u *user, options map[string]any) {
	now := l.now()
	u.Server = &hubdb.Server{
		Pod: l.config.podName(u.Name), Started: now, LastActivity: now, Options: options,
		Pending: pendingSpawn, Since: now,
	}
	u.LastActivity, u.options = &now, options
	l.log.Say(info, "provider:661", "Creating oauth client jupyterhub-user-%s", u.Name)
	l.keep()
	pod := l.makePod(u.Name, options)
	l.follow(u, now, func(ctx context.Context) error {
		return l.createPod(ctx, pod)
	})
}

// resumeSpawn follows a spawn that began before the game day. The caller holds
// the lock.
func (l *life) resumeSpawn(u *user) {
	l.follow(u, u.Server.Since, func(context.Context) error { return nil })
}

// follow waits for a spawn's end. The caller holds the lock.
func (l *life) follow(u *user, began time.Time, create func(context.Context) error) {
	ctx, cancel := context.WithCancel(l.ctx)
	s := &spawn{began: began, over: make(chan struct{}), cancel: cancel}
	u.spawn = s
	pod := u.Server.Pod
	l.startLocked(func() {
		defer cancel()
		defer close(s.over)
		l.finish(ctx, u, pod, s, create)
	})
}

// finish sees a spawn through to a server that is ready, or to its failure.
func (l *life) finish(ctx context.Context, u *user, pod string, s *spawn, create func(context.Context) error) {
	within, cancel := context.WithTimeout(ctx, s.began.Add(l.config.StartTimeout).Sub(l.now()))
	defer cancel()
	err := create(within)
	if err == nil {
		err = l.reflector.await(within, pod, func(seen seenPod, there bool) bool { return there && seen.running })
	}
	switch {
	case l.ctx.Err() != nil: // the process is gone
	case ctx.Err() != nil: // somebody stops it
		l.mu.Lock()
		defer l.mu.Unlock()
		s.failed = "Spawn cancelled"
	case within.Err() != nil:
		l.timedOut(u, s)
	case err != nil:
		l.log.Say(failure, "user:1004", "Unhandled error starting %s's server: %v\n%s", u.Name, err, traceback(err))
		l.spawnFailed(u, s, err.Error())
	default:
		l.started(u, pod, s)
	}
}

func (l *life) timedOut(u *user, s *spawn) {
	l.log.Say(warning, "user:996", "%s's server failed to start in %d seconds, giving up.\n%s",
		u.Name, int(l.config.StartTimeout.Seconds()), startTimeoutAdvice)
	l.spawnFailed(u, s, "Timeout")
}

// spawnFailed cleans up after a spawn, as far as the Hub sees what there is to
// clean up, and counts it.
func (l *life) spawnFailed(u *user, s *spawn, why string) {
	l.mu.Lock()
	if u.Server != nil {
		u.Server.Pending = pendingStop
	}
	l.mu.Unlock()
	if err := l.userStop(u); err != nil && l.ctx.Err() == nil {
		l.log.Say(failure, "user:1012", "Failed to cleanup %s's server that failed to start\n%s", u.Name, traceback(err))
	}
	if l.ctx.Err() != nil {
		return
	}
	l.metrics.spawns.WithLabelValues("failure").Observe(l.now().Sub(s.began).Seconds())
	l.mu.Lock()
	s.failed = "Spawn failed: " + why
	l.failures++
	count, limit := l.failures, l.config.FailureLimit
	l.mu.Unlock()
	if limit > 0 && count > 1 && count < limit {
		l.log.Say(warning, "base:1196", "%d consecutive spawns failed.  Hub will exit if failure count reaches %d before succeeding", count, limit)
	}
	if limit > 0 && count >= limit {
		l.log.Say(critical, "base:1203", "Aborting due to %d consecutive spawn failures", count)
		l.start(func() {
			if l.sleep(abortDelay) {
				l.end()
			}
		})
	}
}

// abortDelay is how long a Hub that gives itself up lets answers in flight be
// given.
const abortDelay = 2 * time.Second

// started makes a server that runs known to the proxy.
func (l *life) started(u *user, pod string, s *spawn) {
	took := l.now().Sub(s.began).Seconds()
	seen, _ := l.reflector.get(pod)
	l.log.Say(info, "base:1126", "User %s took %.3f seconds to start", u.Name, took)
	l.metrics.spawns.WithLabelValues("success").Observe(took)
	l.mu.Lock()
	defer l.mu.Unlock()
	if u.Server == nil || l.ctx.Err() != nil {
		return
	}
	u.Server.Target, u.Server.Pending = target(seen.ip), ""
	l.addRoute(u)
	u.ready = true
	u.spawn = nil
	l.failures = 0
	l.metrics.running.Inc()
	l.metrics.proxyAdd.WithLabelValues("success").Observe(0.002)
	l.keep()
}

// addRoute tells the proxy of a server. The caller holds the lock.
func (l *life) addRoute(u *user) {
	if l.hasLocked(RouteMissing) {
		return
	}
	path := routePath(u.Name)
	l.log.Say(info, "proxy:331", "Adding user %s to proxy %s => %s", u.Name, path, u.Server.Target)
	l.setRoute(&hubdb.Route{Path: path, User: u.Name, Target: u.Server.Target, LastActivity: l.now()})
}

func routePath(user string) string { return fmt.Sprintf("/user/%s/", user) }
