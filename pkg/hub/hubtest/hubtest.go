// Package hubtest is a JupyterHub for tests, small enough to read: it lists
// users in pages as a Hub since 2.0 does, tells of one, and stops servers. It
// starts none.
package hubtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Token is what the Hub accepts.
const Token = "sesame"

// mostUsers is how many users a page has at the most (JupyterHub's
// api_page_max_limit).
const mostUsers = 200

// Server is a server as the Hub is to tell of it.
type Server struct {
	User, Name   string
	NotReady     bool
	Pending      string // "spawn", "stop" or "check"
	Started      time.Time
	LastActivity time.Time
	RepoURL      string
}

// Hub is a running Hub. Its methods may be called at any time.
type Hub struct {
	URL string

	mu      sync.Mutex
	handler http.Handler
	servers []Server // by user, as in its database
	asked   []string
}

// Start runs a Hub that knows these servers until the test ends.
func Start(tb testing.TB, servers ...Server) *Hub {
	tb.Helper()
	h := &Hub{}
	for _, one := range servers {
		h.Set(one)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hub/api/{$}", func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusOK, map[string]string{"version": "5.5.0"})
	})
	mux.HandleFunc("GET /hub/api/user", func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusOK, map[string]any{"kind": "service", "name": "binder", "scopes": []string{"delete:servers", "list:users", "read:servers"}})
	})
	mux.HandleFunc("GET /hub/api/users", h.list)
	mux.HandleFunc("GET /hub/api/users/{user}", h.user)
	mux.HandleFunc("DELETE /hub/api/users/{user}/server", h.stop)
	mux.HandleFunc("DELETE /hub/api/users/{user}/servers/{name}", h.stop)
	h.handler = authorized(mux)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.asked = append(h.asked, r.Method+" "+r.URL.Path)
		handler := h.handler
		h.mu.Unlock()
		handler.ServeHTTP(w, r)
	}))
	h.URL = server.URL
	tb.Cleanup(server.Close)
	return h
}

// Set has the Hub know a server, in place of what it knew of it.
func (h *Hub) Set(server Server) {
	h.Forget(server.User, server.Name)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.servers = append(h.servers, server)
	slices.SortStableFunc(h.servers, func(a, b Server) int { return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.Name, b.Name)) })
}

// Forget has the Hub know nothing of a server.
func (h *Hub) Forget(user, name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.servers = slices.DeleteFunc(h.servers, func(s Server) bool { return s.User == user && s.Name == name })
}

// Wrap puts a handler around the Hub's own, to see requests or to answer some of
// them otherwise.
func (h *Hub) Wrap(around func(next http.Handler) http.Handler) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.handler = around(h.handler)
}

// Asked are the methods and paths of all requests.
func (h *Hub) Asked() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.asked)
}

func authorized(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/hub/api/" && r.Header.Get("Authorization") != "token "+Token {
			Refuse(w, http.StatusForbidden, "Action is not authorized with current scopes; requires any of [list:users]")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Refuse answers a request with an error, as the Hub words it.
func Refuse(w http.ResponseWriter, code int, message string) {
	say(w, code, map[string]any{"status": code, "message": message})
}

func say(w http.ResponseWriter, code int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(answer) // the client may have hung up
}

// model is a user as the Hub tells of one.
type model struct {
	Name    string         `json:"name"`
	Kind    string         `json:"kind"`
	Servers map[string]any `json:"servers"`
}

// users are all that have a server.
func (h *Hub) users() []model {
	h.mu.Lock()
	defer h.mu.Unlock()
	users := []model{}
	for _, s := range h.servers {
		if len(users) == 0 || users[len(users)-1].Name != s.User {
			users = append(users, model{s.User, "user", map[string]any{}})
		}
		users[len(users)-1].Servers[s.Name] = s.model()
	}
	return users
}

func (s Server) model() any {
	return map[string]any{
		"name": s.Name, "ready": !s.NotReady && s.Pending == "", "pending": orNull(s.Pending, s.Pending == ""), "stopped": false,
		"started":       orNull(s.Started, s.Started.IsZero()),
		"last_activity": orNull(s.LastActivity, s.LastActivity.IsZero()),
		"user_options":  map[string]string{"repo_url": s.RepoURL, "token": "a-secret", "binder_client_ip": "198.51.100.7"},
	}
}

func orNull(value any, null bool) any {
	if null {
		return nil
	}
	return value
}

func (h *Hub) list(w http.ResponseWriter, r *http.Request) {
	users := h.users()
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	limit = min(cmp.Or(limit, mostUsers), mostUsers)
	page := users[min(offset, len(users)):min(offset+limit, len(users))]
	if r.Header.Get("Accept") != "application/jupyterhub-pagination+json" {
		say(w, http.StatusOK, page)
		return
	}
	about := map[string]any{"offset": offset, "limit": limit, "total": len(users), "next": nil}
	if next := offset + limit; next < len(users) {
		about["next"] = map[string]any{"offset": next, "limit": limit, "url": fmt.Sprintf("http://hub:8081/hub/api/users?offset=%d", next)}
	}
	say(w, http.StatusOK, map[string]any{"items": page, "_pagination": about})
}

func (h *Hub) user(w http.ResponseWriter, r *http.Request) {
	for _, user := range h.users() {
		if user.Name == r.PathValue("user") {
			say(w, http.StatusOK, user)
			return
		}
	}
	Refuse(w, http.StatusNotFound, "Not Found")
}

func (h *Hub) stop(w http.ResponseWriter, r *http.Request) {
	h.Forget(r.PathValue("user"), r.PathValue("name"))
	w.WriteHeader(http.StatusNoContent)
}
