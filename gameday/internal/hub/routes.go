package hub

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/hubdb"
)

// setRoute has the proxy know a route. The caller holds the lock.
func (h *Hub) setRoute(route *hubdb.Route) {
	h.dropRoute(route.Path)
	h.content.Routes = append(h.content.Routes, route)
	h.keep()
}

// dropRoute has the proxy forget a route. The caller holds the lock.
func (h *Hub) dropRoute(path string) {
	h.content.Routes = slices.DeleteFunc(h.content.Routes, func(r *hubdb.Route) bool { return r.Path == path })
	h.keep()
}

func (l *life) removeRoute(user string) {
	path := routePath(user)
	l.log.Say(info, "proxy:356", "Removing user %s from proxy (%s)", user, path)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dropRoute(path)
}

// checkRoutes makes the proxy's routes those that there should be.
func (l *life) checkRoutes() {
	l.mu.Lock()
	defer l.mu.Unlock()
	has, good := map[string]bool{}, map[string]bool{"/": true}
	for _, route := range l.content.Routes {
		has[route.Path] = true
	}
	if !has["/"] {
		l.log.Say(info, "proxy:477", "Adding route for Hub: / => http://hub:8081")
		l.setRoute(hubRoute(l.now()))
	}
	for _, u := range l.users {
		path := routePath(u.Name)
		if u.Server == nil {
			continue
		}
		good[path] = true
		if u.ready && !has[path] {
			l.log.Say(warning, "proxy:416", "Adding missing route for %s (Server(url=%s%s, bind_url=%[2]s%[3]s))", path, u.Server.Target, path)
			l.addRoute(u)
		}
	}
	for _, route := range slices.Clone(l.content.Routes) {
		if !good[route.Path] {
			l.log.Say(warning, "proxy:468", "Deleting stale route %s", route.Path)
			l.dropRoute(route.Path)
		}
	}
}

// routesLost is what becomes of the routes when the proxy is another: it knows
// none until the Hub notices.
func (h *Hub) routesLost(life *life) {
	h.mu.Lock()
	h.content.Routes = nil
	h.mu.Unlock()
	h.keep()
	if life != nil {
		life.start(life.checkRoutes)
	}
}

// proxyRoutes is the API of the proxy, as configurable-http-proxy has it.
func (h *Hub) proxyRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/routes", h.listRoutes)
	mux.HandleFunc("GET /api/routes/{$}", h.listRoutes)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "token "+h.config.ProxyToken {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (h *Hub) listRoutes(w http.ResponseWriter, _ *http.Request) {
	h.mu.Lock()
	routes := make(map[string]map[string]any, len(h.content.Routes))
	for _, route := range h.content.Routes {
		routes[strings.TrimSuffix(route.Path, "/")+slash(route.Path)] = routeModel(route)
	}
	h.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(routes)
}

// slash is what is left of a path that is nothing but a slash: of the others,
// the proxy drops the last one.
func slash(path string) string {
	if path == "/" {
		return "/"
	}
	return ""
}

func hubRoute(now time.Time) *hubdb.Route {
	return &hubdb.Route{Path: "/", Target: "http://hub:8081", LastActivity: now}
}

func routeModel(route *hubdb.Route) map[string]any {
	model := map[string]any{
		"target": route.Target, "jupyterhub": true,
		"last_activity": route.LastActivity.UTC().Format("2006-01-02T15:04:05.000Z"),
	}
	if route.User == "" && !strings.HasPrefix(route.Path, "/user/") {
		model["hub"] = true
		return model
	}
	model["user"], model["server_name"] = route.User, ""
	return model
}
