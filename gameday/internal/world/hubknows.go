package world

import (
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
	"github.com/binderctl/binderctl/gameday/internal/hub"
	"github.com/binderctl/binderctl/gameday/internal/hubdb"
	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// HasHub says whether the game day plays the Hub itself.
func (w *World) HasHub() bool {
	return w.scenario.Hub != nil && w.scenario.Hub.Program == scenario.HubStandIn
}

// HubControlKey is the path by which only the game day's own commands reach the
// control of its Hub.
func (w *World) HubControlKey() string { return w.secret("control") }

// Hub is how the game day's own Hub is set, and what it knows.
func (w *World) Hub() (*hub.Config, *hubdb.Content, error) {
	described, chart := w.scenario.Hub, w.hubValues()
	config := &hub.Config{
		Namespace: w.scenario.Namespace, Release: w.scenario.Release, Kubespawner: w.scenario.Kubespawner, Version: described.Version,
		ControlKey: w.HubControlKey(), BinderToken: w.secret(binderTokenKey), ProxyToken: w.secret(proxyTokenKey), CullerToken: w.secret("culler"),
		StartsIn: time.Duration(described.StartsIn), EndsIn: time.Duration(described.EndsIn),
		StartTimeout: chart.seconds("singleuser", "startTimeout"), SlowStop: time.Duration(described.SlowStop),
		HTTPTimeout: time.Duration(described.HTTPTimeout), PollInterval: time.Duration(described.Poll), SlowBy: time.Duration(described.SlowBy),
		SpawnLimit: chart.number("hub", "concurrentSpawnLimit"), FailureLimit: chart.number("hub", "consecutiveFailureLimit"),
		Cull: hub.Cull{
			Awake: chart.is("cull", "enabled") && !described.CullerAsleep, Users: chart.is("cull", "users"),
			Timeout: chart.seconds("cull", "timeout"), Every: chart.seconds("cull", "every"), MaxAge: chart.seconds("cull", "maxAge"),
		},
		Seed: w.scenario.Seed, Held: w.HasBinder(),
	}
	if launches := described.Launches; launches != nil {
		config.Launches = &hub.Launches{Every: time.Duration(launches.Every), StayFrom: launches.Stay.From, StayTo: launches.Stay.To}
	}
	for _, repo := range w.repos {
		for range repo.weight {
			config.Repos = append(config.Repos, repo.Repo)
		}
	}
	if config.StartTimeout <= 0 {
		return nil, nil, errors.New("set the Hub: singleuser.startTimeout among its values is no time")
	}
	k := &knowledge{World: w, config: config, content: &hubdb.Content{Continues: true}}
	k.gather()
	return config, k.content, nil
}

// knowledge is what the Hub knows when the game day begins.
type knowledge struct {
	*World
	config  *hub.Config
	content *hubdb.Content
}

func (k *knowledge) gather() {
	for _, fault := range k.scenario.Hub.Faults {
		k.content.Faults = append(k.content.Faults, hubdb.Fault{Name: fault.Name, Since: k.ago(time.Duration(fault.Since))})
	}
	k.content.Routes = []*hubdb.Route{{Path: "/", Target: "http://hub:8081", LastActivity: k.now}}
	for i := range k.users {
		k.learn(i)
	}
	k.imagine()
}

// learn has the Hub know a user pod, if it does.
func (k *knowledge) learn(i int) {
	u := &k.users[i]
	pod := k.userPod(i)
	name := pod.Annotations["hub.jupyter.org/username"]
	created := pod.CreationTimestamp.Time
	if k.lost(u, created) {
		if !ended(u.group.Phase) {
			k.config.History = append(k.config.History, hub.Failed{User: name, Pod: pod.Name, At: created})
		}
		k.content.Users = append(k.content.Users, &hubdb.User{Name: name, Created: created, LastActivity: &created})
		return
	}
	server := k.server(pod.Name, created, u.repo, i)
	if u.group.Phase == corev1.PodPending || k.unseen(created) {
		server.Pending, server.Since, server.LastActivity = "spawn", created, created
	} else {
		server.Target = "http://" + u.ip + ":8888"
	}
	k.add(name, server)
}

// lost says whether the Hub knows nothing of a pod: the scenario says so, the
// pod has ended or should be gone, or the Hub has given up waiting for it.
func (k *knowledge) lost(u *user, created time.Time) bool {
	if u.group.Hub == scenario.HubLost || ended(u.group.Phase) || u.group.TerminatingFor > 0 {
		return true
	}
	waits := u.group.Phase == corev1.PodPending || k.unseen(created)
	return waits && k.now.Sub(created) >= k.config.StartTimeout
}

// unseen says whether a pod was made when the Hub was blind.
func (k *knowledge) unseen(created time.Time) bool {
	return slices.ContainsFunc(k.content.Faults, func(f hubdb.Fault) bool {
		return f.Name == hub.ReflectorDead && created.After(f.Since)
	})
}

// server is one that has been running.
func (k *knowledge) server(pod string, created time.Time, repo binderhub.Repo, i int) *hubdb.Server {
	random := k.random("server", i)
	active := k.now.Add(-time.Duration(random.Int64N(int64(8 * time.Minute))))
	if active.Before(created) {
		active = created
	}
	return &hubdb.Server{Pod: pod, Started: created, LastActivity: active, Options: binderhub.Options(repo, random), Since: created}
}

// add has the Hub know a server, and the proxy one that is ready.
func (k *knowledge) add(name string, server *hubdb.Server) {
	k.content.Users = append(k.content.Users, &hubdb.User{
		Name: name, Created: server.Started.Add(-30 * time.Millisecond), LastActivity: &server.LastActivity, Server: server,
	})
	if server.Pending == "" {
		k.route(name, server.Target, server.LastActivity)
	}
}

func (k *knowledge) route(name, target string, active time.Time) {
	k.content.Routes = append(k.content.Routes, &hubdb.Route{Path: "/user/" + name + "/", User: name, Target: target, LastActivity: active})
}

// imagine has the Hub believe in what is not there, and the proxy miss what is.
func (k *knowledge) imagine() {
	described := k.scenario.Hub
	for _, kind := range []struct {
		what    string
		count   int
		pending string
	}{{"ghost", described.Ghosts, ""}, {"stopping", described.StuckStopping, "stop"}, {"spawning", described.StuckSpawning, "spawn"}} {
		for i := range kind.count {
			k.imagineServer(kind.what, kind.pending, i)
		}
	}
	unrouted := described.Unrouted
	kept := k.content.Routes[:0]
	for _, route := range k.content.Routes {
		if route.User != "" && unrouted > 0 {
			unrouted--
			continue
		}
		kept = append(kept, route)
	}
	k.content.Routes = kept
	for i := range described.StaleRoutes {
		name := binderhub.UserName(k.anyRepo("stale", i), k.random("stale", i))
		k.route(name, fmt.Sprintf("http://127.3.0.%d:8888", i%250+1), k.ago(time.Hour))
	}
}

func (k *knowledge) imagineServer(what, pending string, i int) {
	random, repo := k.random(what, i), k.anyRepo(what, i)
	name := binderhub.UserName(repo, random)
	started := k.ago(time.Hour + time.Duration(random.Int64N(int64(4*time.Hour))))
	server := k.server(k.hub(k.scenario.Kubespawner).PodName(binderhub.Session{User: name}), started, repo, 1_000_000+i)
	server.Target = fmt.Sprintf("http://127.3.1.%d:8888", i%250+1)
	if pending != "" {
		server.Pending, server.Stuck, server.Since = pending, true, started.Add(20*time.Minute)
	}
	k.add(name, server)
}

// anyRepo is one of the scenario's, or a well-known one.
func (w *World) anyRepo(what string, i int) binderhub.Repo {
	if len(w.repos) == 0 {
		return binderhub.Repo{URL: "https://github.com/binder-examples/requirements", Ref: "HEAD", Commit: "0", Image: "requirements"}
	}
	return w.repos[w.random("repo of "+what, i).IntN(len(w.repos))].Repo
}
