package hub

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

// startServer starts a user's server. A Hub of a BinderHub does not wait for it.
func (l *life) startServer(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	asked, err := options(r)
	if err != nil {
		return 0, nil, err
	}
	l.mu.Lock()
	u, err := l.find(r)
	l.mu.Unlock()
	if err != nil {
		return 0, nil, err
	}
	if r.PathValue("server") != "" {
		return 0, nil, refuse(http.StatusBadRequest, "Named servers are not enabled.")
	}
	if l.has(SpawnFails) {
		return 0, nil, refuse(http.StatusInternalServerError, "Error in Authenticator.pre_spawn_start: OSError: [Errno 28] No space left on device")
	}
	l.notice(u)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case u.ready:
		return 0, nil, refuse(http.StatusBadRequest, "%s is already running", u.Name)
	case u.Server != nil && u.Server.Pending == pendingSpawn:
		return http.StatusAccepted, nil, nil
	case u.Server != nil:
		return 0, nil, refuse(http.StatusBadRequest, "%s is pending %s", u.Name, u.Server.Pending)
	}
	l.metrics.running.Set(float64(l.active()))
	if err := l.throttle(); err != nil {
		return 0, nil, err
	}
	l.beginSpawn(u, asked)
	return http.StatusAccepted, nil, nil
}

// throttle refuses a start when there are too many already. The caller holds the
// lock.
func (l *life) throttle() error {
	pending := l.spawning()
	if l.config.SpawnLimit == 0 || pending < l.config.SpawnLimit {
		return nil
	}
	l.metrics.spawns.WithLabelValues("throttled").Observe(0)
	retry := 30 + rand.IntN(31) // JupyterHub's default range, in seconds
	l.log.Say(warning, "base:1071", "%d pending spawns, throttling. Suggested retry in %d seconds.", pending, retry)
	return &refusal{
		code: http.StatusTooManyRequests, retryAfter: retry,
		message: fmt.Sprintf("Too many users trying to log in right now. Try again in %d0 seconds.", (retry+9)/10),
	}
}

// interruptPause is how long the Hub lets a spawn that it interrupts end.
const interruptPause = time.Second

// stopServer stops a user's server, and waits a little for that.
func (l *life) stopServer(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	var asked struct {
		Remove bool `json:"remove"`
	}
	_ = json.NewDecoder(r.Body).Decode(&asked) // there need not be a body
	l.mu.Lock()
	u, err := l.find(r)
	if err != nil {
		l.mu.Unlock()
		return 0, nil, err
	}
	pending := ""
	if u.Server != nil {
		pending = u.Server.Pending
	}
	spawn := u.spawn
	l.mu.Unlock()
	switch {
	case r.PathValue("server") != "":
		return 0, nil, refuse(http.StatusBadRequest, "Named servers are not enabled.")
	case asked.Remove:
		return 0, nil, refuse(http.StatusBadRequest, "Cannot delete the default server")
	case pending == pendingStop:
		return http.StatusAccepted, nil, nil
	case pending != "":
		l.log.Say(warning, "users:718", "Interrupting spawner %s, pending %s", u.Name, pending)
		if spawn != nil {
			spawn.cancel()
		}
		if !l.sleep(interruptPause) {
			return 0, nil, l.ctx.Err()
		}
	default:
		if !l.notice(u) {
			return http.StatusNoContent, nil, nil
		}
	}
	l.mu.Lock()
	if u.Server == nil || u.Server.Pending == pendingStop {
		l.mu.Unlock()
		return http.StatusNoContent, nil, nil
	}
	over := l.beginStop(u)
	l.mu.Unlock()
	if l.awaitStop(r, u, over) {
		return http.StatusNoContent, nil, nil
	}
	if l.ctx.Err() != nil {
		return 0, nil, l.ctx.Err()
	}
	return http.StatusAccepted, nil, nil
}

// awaitStop waits for the end of a stop, as long as the Hub does, and says
// whether it came.
func (l *life) awaitStop(r *http.Request, u *user, over chan struct{}) bool {
	select {
	case <-over:
		return l.ctx.Err() == nil
	case <-time.After(l.config.SlowStop):
		l.log.Say(warning, "base:1397", "User %s: server is slow to stop (timeout=%d)", u.Name, int(l.config.SlowStop.Seconds()))
	case <-l.ctx.Done():
	case <-r.Context().Done():
	}
	return false
}
