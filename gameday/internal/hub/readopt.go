package hub

import (
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// carryOn takes up a Hub that has been running for long when the game day
// begins: what was pending still is, and a dead reflector remembers what there
// was when it died.
func (l *life) carryOn() {
	l.writeHistory()
	if since := l.faultSince(ReflectorDead); since.IsZero() {
		l.reflector.start(l.ctx)
	} else {
		l.rememberUntil(since)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, u := range l.users {
		server := u.Server
		if server == nil {
			continue
		}
		switch {
		case server.Pending == "":
			u.ready = true
		case server.Stuck && server.Pending == pendingStop:
			u.stop = make(chan struct{})
		case server.Stuck:
			u.spawn = &spawn{began: server.Since, over: make(chan struct{}), cancel: func() {}}
		case server.Pending == pendingSpawn:
			l.resumeSpawn(u)
		}
	}
	l.metrics.running.Set(float64(l.active()))
}

func (l *life) faultSince(name string) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.IndexFunc(l.content.Faults, named(name)); i >= 0 {
		return l.content.Faults[i].Since
	}
	return time.Time{}
}

// rememberUntil is the memory of a reflector that died: the pods that had been
// made by then, and those that went since.
func (l *life) rememberUntil(died time.Time) {
	list, err := l.client.CoreV1().Pods(l.config.Namespace).List(l.ctx, metav1.ListOptions{LabelSelector: userPodSelector})
	if err != nil {
		return // it has seen nothing then
	}
	pods := map[string]seenPod{}
	for i := range list.Items {
		if !list.Items[i].CreationTimestamp.After(died) {
			pods[list.Items[i].Name] = look(&list.Items[i])
		}
	}
	l.mu.Lock()
	for _, u := range l.users {
		if u.Server != nil && u.Server.Pending != pendingSpawn {
			if _, there := pods[u.Server.Pod]; !there {
				pods[u.Server.Pod] = seenPod{phase: "Running", running: true}
			}
		}
	}
	l.mu.Unlock()
	l.reflector.update(l.ctx, func() { l.reflector.pods = pods })
}

// begin is the start of a Hub's process: it finds servers in its database and
// looks what became of them.
func (l *life) begin() {
	l.sayStarting()
	l.mu.Lock()
	if slices.ContainsFunc(l.content.Faults, named(DatabaseLost)) {
		l.content.Users, l.users = nil, nil
		clear(l.byName)
	}
	var check []*user
	for _, u := range l.users {
		if u.Server != nil {
			u.Server.Pending, u.Server.Since, u.Server.Stuck = pendingCheck, l.now(), false
			check = append(check, u)
		}
	}
	l.mu.Unlock()
	if l.has(ReflectorDead) {
		l.reflector.kill()
	} else {
		l.reflector.start(l.ctx)
	}
	l.start(func() { l.readopt(check) })
}

// readoptPause is how long the Hub looks at each server: it asks the server
// whether it answers.
const readoptPause = 2 * time.Millisecond

// readopt looks after the servers that the database speaks of.
func (l *life) readopt(users []*user) {
	began := l.now()
	var silent []*user
	for _, u := range users {
		if !l.sleep(readoptPause) {
			return
		}
		pod, there := l.reflector.get(u.Server.Pod)
		switch {
		case there && pod.running:
			l.log.Say(info, "app:3065", "%s still running", u.Name)
			l.mu.Lock()
			u.Server.Pending, u.ready = "", true
			if pod.ip != "" {
				u.Server.Target = target(pod.ip)
			}
			l.mu.Unlock()
		case there && pod.exitCode == nil:
			silent = append(silent, u)
		default:
			l.log.Say(warning, "app:3073", "%s appears to have stopped while the Hub was down", u.Name)
			l.drop(u)
		}
	}
	l.log.Say(info, "app:3434", "Initialized %d spawners in %.3f seconds", len(users), l.now().Sub(began).Seconds())
	l.metrics.running.Set(float64(l.activeNow()))
	l.checkRoutes()
	l.log.Say(info, "app:3788", "JupyterHub is now running at http://:8000")
	l.keep()
	l.giveUpOn(silent)
}

// giveUpOn stops the servers that do not answer.
func (l *life) giveUpOn(users []*user) {
	if len(users) == 0 || !l.sleep(l.config.HTTPTimeout) {
		return
	}
	for _, u := range users {
		l.log.Say(failure, "app:3057", "%s does not appear to be running at %s, shutting it down.", u.Name,
			fmt.Sprintf("http://%s:8888/user/%s/", u.Server.Pod, u.Name))
		l.log.Say(warning, "app:3073", "%s appears to have stopped while the Hub was down", u.Name)
		if err := l.userStop(u); err != nil {
			l.log.Say(failure, "app:3080", "Failed to cleanup %s which appeared to stop while the Hub was down.\n%s", u.Name, traceback(err))
		}
	}
}

// sleep waits, unless this life ends first.
func (l *life) sleep(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-l.ctx.Done():
		return false
	}
}

// sayStarting are the first lines of a Hub.
func (l *life) sayStarting() {
	l.log.Say(info, "app:3364", "Running JupyterHub version %s", l.config.Version)
	l.log.Say(info, "app:3394", "Using Authenticator: jupyterhub.auth.NullAuthenticator-%s", l.config.Version)
	l.log.Say(info, "app:3394", "Using Spawner: builtins.BinderSpawner")
	l.log.Say(info, "app:3394", "Using Proxy: jupyterhub.proxy.ConfigurableHTTPProxy-%s", l.config.Version)
	l.log.Say(info, "app:3721", "Not starting proxy")
	l.log.Say(info, "app:3757", "Hub API listening on http://:8081/hub/")
	l.log.Say(info, "app:3759", "Private Hub API connect url http://hub:8081/hub/")
}

// drop takes a server out of the Hub's memory and database.
func (l *life) drop(u *user) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil {
		return // a process that is gone forgets nothing
	}
	u.Server, u.stop, u.ready = nil, nil, false
	now := l.now()
	u.LastActivity = &now
	l.keep()
}
