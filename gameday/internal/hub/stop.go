package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// errStopLies is a stop that failed and of which nobody is told.
var errStopLies = errors.New("the pod was not deleted")

// beginStop stops a user's server, of which nothing else is pending. The caller
// holds the lock.
func (l *life) beginStop(u *user) chan struct{} {
	over := make(chan struct{})
	u.stop, u.ready = over, false
	u.Server.Pending, u.Server.Since = pendingStop, l.now()
	l.keep()
	l.startLocked(func() {
		defer close(over)
		l.finishStop(u)
	})
	return over
}

func (l *life) finishStop(u *user) {
	began := l.now()
	l.removeRoute(u.Name)
	l.metrics.proxyDelete.WithLabelValues("success").Observe(0.002)
	err := l.userStop(u)
	if l.ctx.Err() != nil {
		return
	}
	took := l.now().Sub(began).Seconds()
	if err != nil {
		l.metrics.stops.WithLabelValues("failure").Observe(took)
		l.metrics.proxyDelete.WithLabelValues("failure").Observe(took)
		return
	}
	l.log.Say(info, "base:1365", "User %s server took %.3f seconds to stop", u.Name, took)
	l.metrics.stops.WithLabelValues("success").Observe(took)
}

// userStop deletes the pod of a server, if the Hub sees that it runs, and
// forgets the server whatever comes of that.
func (l *life) userStop(u *user) error {
	l.mu.Lock()
	if u.Server == nil {
		l.mu.Unlock()
		return nil
	}
	pod := u.Server.Pod
	l.mu.Unlock()
	err := l.stopPod(pod)
	if l.ctx.Err() != nil {
		return l.ctx.Err() // a process that is gone forgets nothing
	}
	l.drop(u)
	if err == nil {
		l.metrics.running.Dec()
	}
	return err
}

func (l *life) stopPod(pod string) error {
	if l.has(StopLies) {
		return errStopLies
	}
	if alive, _ := l.poll(pod); alive {
		if err := l.spawnerStop(pod, graceSeconds); err != nil {
			return err
		}
	}
	return nil
}

// spawnerStop deletes a pod and waits until the Hub sees it gone.
func (l *life) spawnerStop(pod string, grace int64) error {
	if err := l.deletePod(l.ctx, pod, grace); err != nil {
		return err
	}
	if l.has(StopHangs) {
		<-l.ctx.Done()
	}
	within, cancel := context.WithTimeout(l.ctx, l.config.StartTimeout)
	defer cancel()
	err := l.reflector.await(within, pod, func(_ seenPod, there bool) bool { return !there })
	if err == nil || l.ctx.Err() != nil {
		return l.ctx.Err()
	}
	l.log.Say(failure, "spawner:3370", "Pod %s did not disappear, restarting pod reflector", l.config.podKey(pod))
	// What is wrong with the reflector is not mended by its restart, if the game
	// day has it so.
	if !l.has(ReflectorDead) {
		l.reflector.start(l.ctx)
		l.log.Say(info, "reflector:395", "pods watcher stopped: outer")
		l.log.Say(warning, "reflector:397", "pods watcher finished")
	}
	return fmt.Errorf("TimeoutError: pod %s did not disappear in %d seconds!", l.config.podKey(pod), int(l.config.StartTimeout.Seconds())) //nolint:revive // KubeSpawner's words
}

// poll says whether the Hub sees a pod run, and if not, how it ended.
func (l *life) poll(pod string) (alive bool, exitCode int32) {
	seen, there := l.reflector.get(pod)
	switch {
	case !there:
		return false, 1
	case seen.phase == corev1.PodPending:
		return true, 0
	case seen.exitCode != nil:
		return false, *seen.exitCode
	}
	return true, 0
}

// pollAll looks after every server from time to time, and notices those that
// ended by themselves.
func (l *life) pollAll() {
	for l.sleep(l.config.PollInterval) {
		l.mu.Lock()
		var ready []*user
		for _, u := range l.users {
			if u.ready {
				ready = append(ready, u)
			}
		}
		l.mu.Unlock()
		for _, u := range ready {
			l.notice(u)
		}
	}
}

// notice takes note of a server that has ended; it says whether it runs.
func (l *life) notice(u *user) bool {
	l.mu.Lock()
	if u.Server == nil || !u.ready {
		l.mu.Unlock()
		return false
	}
	pod := u.Server.Pod
	l.mu.Unlock()
	alive, code := l.poll(pod)
	l.metrics.poll(alive)
	if alive {
		return true
	}
	if _, there := l.reflector.get(pod); there {
		_ = l.deletePod(l.ctx, pod, 0) // what ended is removed; the log tells of failures
	}
	l.log.Say(warning, "base:1306", "User %s server stopped, with exit code: %d", u.Name, code)
	l.removeRoute(u.Name)
	l.drop(u)
	l.metrics.running.Dec()
	return false
}

// activityInterval is how often JupyterHub asks the proxy who was active.
const activityInterval = 5 * time.Minute

// noteActivity notes from time to time that the users who have not left are
// active.
func (l *life) noteActivity() {
	for l.sleep(activityInterval) {
		l.mu.Lock()
		now := l.now()
		for _, u := range l.users {
			if u.ready && (u.Server.Leaves == nil || now.Before(*u.Server.Leaves)) {
				u.Server.LastActivity, u.LastActivity = now, &now
			}
		}
		l.mu.Unlock()
	}
}
