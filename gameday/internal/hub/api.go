package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// refusal is an answer that is an error.
type refusal struct {
	code       int
	message    string
	retryAfter int // seconds; 0 for none
}

func (r *refusal) Error() string { return r.message }

func refuse(code int, format string, args ...any) error {
	return &refusal{code: code, message: fmt.Sprintf(format, args...)}
}

// caller is who asks: a service, by the token that it shows.
type caller string

const (
	binder caller = "binder"
	culler caller = "jupyterhub-idle-culler"
)

// scopes are what the services may do: those of the roles "binder" of
// BinderHub's Helm chart and "jupyterhub-idle-culler" of JupyterHub's.
func (c caller) scopes() []string {
	switch c {
	case binder, culler:
		return []string{
			"admin:auth_state", "admin:users", "delete:servers", "delete:users", "list:users",
			"read:roles:users", "read:servers", "read:users", "read:users:activity", "read:users:groups",
			"read:users:name", "servers", "users", "users:activity",
		}
	}
	return nil
}

var authorization = regexp.MustCompile(`(?i)^(?:token|bearer)\s+(\S+)$`)

func (l *life) caller(r *http.Request) caller {
	shown := authorization.FindStringSubmatch(r.Header.Get("Authorization"))
	if shown == nil {
		return ""
	}
	switch shown[1] {
	case l.config.BinderToken:
		return binder
	case l.config.CullerToken:
		return culler
	}
	return ""
}

// endpoint answers one kind of request: with a status and a body for JSON, nil
// for none.
type endpoint func(w http.ResponseWriter, r *http.Request) (int, any, error)

// routes are the Hub's.
func (l *life) routes() http.Handler {
	mux := http.NewServeMux()
	open := func(pattern, name string, do endpoint) { mux.HandleFunc(pattern, l.answer(name, nil, do)) }
	need := func(pattern, name string, do endpoint, scopes ...string) {
		mux.HandleFunc(pattern, l.answer(name, scopes, do))
	}
	const users, one = "jupyterhub.apihandlers.users.UserListAPIHandler", "jupyterhub.apihandlers.users.UserAPIHandler"
	const server = "jupyterhub.apihandlers.users.UserServerAPIHandler"
	open("GET /hub/api/{$}", "jupyterhub.apihandlers.hub.RootAPIHandler", func(http.ResponseWriter, *http.Request) (int, any, error) {
		return http.StatusOK, map[string]any{"version": l.config.Version}, nil
	})
	healthy := func(w http.ResponseWriter, _ *http.Request) (int, any, error) {
		w.Header().Set("Content-Type", "text/html")
		return http.StatusOK, nil, nil
	}
	open("GET /hub/api/health", "jupyterhub.handlers.base.HealthCheckHandler", healthy)
	open("GET /hub/health", "jupyterhub.handlers.base.HealthCheckHandler", healthy)
	open("GET /hub/api/user", "jupyterhub.apihandlers.users.SelfAPIHandler", l.whoAmI)
	need("GET /hub/api/info", "jupyterhub.apihandlers.hub.InfoAPIHandler", healthy, "read:hub")
	need("GET /hub/api/users", users, l.listUsers, "list:users")
	need("POST /hub/api/users", users, l.createUsers, "admin:users")
	need("GET /hub/api/users/{name}", one, l.getUser, "read:users", "read:users:name", "read:servers", "read:users:groups", "read:users:activity", "read:roles:users")
	need("POST /hub/api/users/{name}", one, l.createUser, "admin:users")
	need("DELETE /hub/api/users/{name}", one, l.deleteUser, "delete:users")
	for _, path := range []string{"/server", "/servers/{$}", "/servers/{server}"} {
		need("POST /hub/api/users/{name}"+path, server, l.startServer, "servers")
		need("DELETE /hub/api/users/{name}"+path, server, l.stopServer, "delete:servers")
	}
	for _, path := range []string{"/server/progress", "/servers/{server}/progress"} {
		need("GET /hub/api/users/{name}"+path, "jupyterhub.apihandlers.users.SpawnProgressAPIHandler", l.progress, "read:servers")
	}
	for _, path := range []string{"/hub/metrics", "/hub/api/metrics"} {
		mux.HandleFunc("GET "+path, l.serveMetrics)
	}
	open("/", "jupyterhub.apihandlers.base.API404", func(http.ResponseWriter, *http.Request) (int, any, error) {
		return 0, nil, refuse(http.StatusNotFound, "Not Found")
	})
	return l.unwell(mux)
}

// unwell is the handler as the faults let it be.
func (l *life) unwell(well http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.has(Slow) {
			select {
			case <-time.After(l.config.SlowBy):
			case <-r.Context().Done():
				return
			}
		}
		if busy := l.has(TooManyRequests); (busy || l.has(Errors)) && !isHealth(r.URL.Path) {
			err := refuse(http.StatusInternalServerError, "Internal Server Error")
			if busy {
				err = &refusal{code: http.StatusTooManyRequests, message: "Too many requests", retryAfter: busyRetryAfter}
			}
			l.answer("jupyterhub.apihandlers.base.APIHandler", nil, func(http.ResponseWriter, *http.Request) (int, any, error) {
				return 0, nil, err
			})(w, r)
			return
		}
		well.ServeHTTP(w, r)
	})
}

// busyRetryAfter is how many seconds a Hub that is too busy asks for.
const busyRetryAfter = 2

func isHealth(path string) bool {
	return strings.HasSuffix(path, "/health")
}

// answer makes a handler of an endpoint: who may ask, what is logged and how
// errors look.
func (l *life) answer(name string, scopes []string, do endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		began := l.now()
		who := l.caller(r)
		var code int
		var body any
		var err error
		switch {
		case scopes != nil && who == "":
			err = refuse(http.StatusForbidden, "Missing or invalid credentials.")
		case scopes != nil && !slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(who.scopes(), s) }):
			err = refuse(http.StatusForbidden, "Action is not authorized with current scopes; requires any of [%s]", strings.Join(scopes, ", "))
		default:
			code, body, err = do(w, r)
		}
		w.Header().Set("X-Jupyterhub-Version", l.config.Version)
		var no *refusal
		switch {
		case errors.As(err, &no):
			code = no.code
			if no.retryAfter > 0 {
				w.Header().Set("Retry-After", strconv.Itoa(no.retryAfter))
			}
			body = map[string]any{"status": no.code, "message": no.message}
			l.log.Say(levelOf(code), "web:1873", "%d %s %s (%s): %s", code, r.Method, scrub(r.URL), address(r), no.message)
		case errors.Is(err, context.Canceled):
			// The process is gone, and would hang up; see newGate on why it says so.
			code, body = http.StatusServiceUnavailable, map[string]any{"status": http.StatusServiceUnavailable, "message": "Service Unavailable"}
		}
		if code != streamed {
			respond(w, code, body)
		} else {
			code = http.StatusOK
		}
		took := l.now().Sub(began)
		l.metrics.request(r.Method, name, code, took)
		if !isHealth(r.URL.Path) || code != http.StatusOK {
			l.log.Say(levelOf(code), "log:192", "%d %s %s (%s@%s) %.2fms", code, r.Method, scrub(r.URL), who, address(r), float64(took.Microseconds())/1000)
		}
	}
}

// streamed is the status of an endpoint that has answered by itself.
const streamed = -1

func respond(w http.ResponseWriter, code int, body any) {
	if body == nil {
		if code != http.StatusNoContent && w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", "text/plain")
		}
		w.WriteHeader(code)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // who hung up does not want it
}

func levelOf(code int) rune {
	switch {
	case code >= 500:
		return failure
	case code >= 400:
		return warning
	}
	return info
}

func address(r *http.Request) string {
	host, _, _ := strings.Cut(r.RemoteAddr, ":")
	return "::ffff:" + host
}

// scrub writes an address as JupyterHub logs it: nothing that could be a secret
// is in it.
func scrub(at *url.URL) string {
	if at.RawQuery == "" {
		return at.EscapedPath()
	}
	parts := strings.Split(at.RawQuery, "&")
	for i, part := range parts {
		key, _, hasValue := strings.Cut(part, "=")
		if hasValue && slices.ContainsFunc([]string{"token", "auth", "key", "code", "state", "_xsrf"}, func(s string) bool { return strings.Contains(key, s) }) {
			parts[i] = key + "=[secret]"
		}
	}
	return at.EscapedPath() + "?" + strings.Join(parts, "&")
}
