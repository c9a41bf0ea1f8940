package hub

import (
	"time"
)

// stamp writes a time as JupyterHub does.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000Z") }

func stampOrNil(at *time.Time) any {
	if at == nil {
		return nil
	}
	return stamp(*at)
}

// model is a user as the API shows it. The caller holds the lock.
func (l *life) model(u *user, withStopped bool) map[string]any {
	servers := map[string]any{}
	model := map[string]any{
		"kind": "user", "name": u.Name, "admin": false, "roles": []string{"user"}, "groups": []string{},
		"server": nil, "pending": nil, "created": stamp(u.Created), "last_activity": stampOrNil(u.LastActivity),
		"auth_state": nil, "servers": servers,
	}
	if u.Server == nil {
		if withStopped {
			servers[""] = l.stoppedModel(u)
		}
		return model
	}
	model["pending"] = orNil(u.Server.Pending)
	if u.ready {
		model["server"] = routePath(u.Name)
	}
	servers[""] = map[string]any{
		"name": "", "full_name": u.Name + "/", "last_activity": stamp(u.Server.LastActivity), "started": stamp(u.Server.Started),
		"pending": orNil(u.Server.Pending), "ready": u.ready, "stopped": false, "url": routePath(u.Name),
		"user_options": u.Server.Options, "progress_url": progressPath(u.Name), "full_url": nil, "full_progress_url": nil,
	}
	return model
}

func (l *life) stoppedModel(u *user) map[string]any {
	return map[string]any{
		"name": "", "full_name": u.Name + "/", "last_activity": stampOrNil(u.LastActivity), "started": nil,
		"pending": nil, "ready": false, "stopped": true, "url": routePath(u.Name),
		"user_options": u.options, "progress_url": progressPath(u.Name), "full_url": nil, "full_progress_url": nil,
	}
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func progressPath(user string) string { return "/hub/api/users/" + user + "/server/progress" }

// active counts the servers. The caller holds the lock.
func (l *life) active() int {
	count := 0
	for _, u := range l.users {
		if u.Server != nil {
			count++
		}
	}
	return count
}

func (l *life) activeNow() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.active()
}

// spawning counts the spawns that are pending. The caller holds the lock.
func (l *life) spawning() int {
	count := 0
	for _, u := range l.users {
		if u.Server != nil && u.Server.Pending == pendingSpawn {
			count++
		}
	}
	return count
}
