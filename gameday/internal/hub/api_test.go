package hub

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/hubdb"
)

func TestTheAPIsAnswers(t *testing.T) {
	t.Parallel()
	s := set(t, func(_ *Config, c *hubdb.Content) {
		stopping, stopped := known("stopping"), known("stopped")
		stopping.Server.Pending, stopping.Server.Stuck = "stop", true
		stopped.Server = nil
		c.Users = []*hubdb.User{known("ready"), stopping, stopped}
	}, userPod("jupyter-ready"))
	for _, c := range []struct {
		method, path string
		code         int
		message      string
	}{
		{"GET", "/api/", 200, ""},
		{"GET", "/api/health", 200, ""},
		{"GET", "/health", 200, ""},
		{"GET", "/api/user", 200, ""},
		{"GET", "/api/info", 403, "Action is not authorized with current scopes; requires any of [read:hub]"},
		{"GET", "/api/users?state=foo", 400, "Unrecognized state filter: 'foo'"},
		{"GET", "/api/users?limit=x", 400, "Invalid argument type, offset and limit must be integers"},
		{"GET", "/api/users?sort=age", 400, "sort must be 'id', 'name', or 'last_activity', not 'age'"},
		{"GET", "/api/users/nobody", 404, "Not Found"},
		{"GET", "/api/nothing", 404, "Not Found"},
		{"POST", "/api/users/ready", 409, "User ready already exists"},
		{"POST", "/api/users/new", 201, ""},
		{"POST", "/api/users/ready/servers/", 400, "ready is already running"},
		{"POST", "/api/users/stopping/servers/", 400, "stopping is pending stop"},
		{"GET", "/api/users/stopped/server/progress", 400, "stopped is not starting..."},
		{"DELETE", "/api/users/nobody/server", 404, "Not Found"},
		{"DELETE", "/api/users/stopping/server", 202, ""},
		{"DELETE", "/api/users/stopped/server", 204, ""},
		{"DELETE", "/api/users/ready/servers/second", 400, "Named servers are not enabled."},
		{"DELETE", "/api/users/stopping", 400, "stopping's server is in the process of stopping, please wait."},
		{"DELETE", "/api/users/stopped", 204, ""},
		{"DELETE", "/api/users/nobody", 404, "Not Found"},
	} {
		code, answer := s.ask(c.method, c.path)
		message, _ := answer["message"].(string)
		if code != c.code || message != c.message {
			t.Errorf("%s %s: %d %q, want %d %q", c.method, c.path, code, message, c.code, c.message)
		}
	}
	s.says("400 GET /hub/api/users?state=[secret] (binder@")
}

func TestWhoMayAsk(t *testing.T) {
	t.Parallel()
	s := set(t, func(*Config, *hubdb.Content) {})
	for header, want := range map[string]int{
		"token binder-token": 200, "Bearer binder-token": 200, "bearer culler-token": 200,
		"token other": 403, "Basic binder-token": 403, "": 403,
	} {
		if answer := s.raw(http.MethodGet, "/api/users", "Authorization", header); answer.Code != want {
			t.Errorf("%q: %d, want %d", header, answer.Code, want)
		}
	}
	if answer := s.raw(http.MethodGet, "/api/user"); answer.Code != http.StatusForbidden {
		t.Errorf("whoami without a token: %d", answer.Code)
	}
}

func TestAServerThatIsReadyOrStops(t *testing.T) {
	t.Parallel()
	s := set(t, func(_ *Config, c *hubdb.Content) {
		stopping := known("stopping")
		stopping.Server.Pending, stopping.Server.Stuck = "stop", true
		c.Users = []*hubdb.User{known("ready"), stopping}
	}, userPod("jupyter-ready"))
	_, ready := s.ask(http.MethodGet, "/api/users/ready")
	if ready["server"] != "/user/ready/" || ready["pending"] != nil {
		t.Errorf("a user whose server is ready: %v", ready)
	}
	server := s.server("ready")
	if server["started"] != "2026-11-20T21:04:49.454000Z" || server["ready"] != true || server["state"] != nil {
		t.Errorf("a server that is ready: %v", server)
	}
	if server := s.server("stopping"); server["pending"] != "stop" || server["ready"] != false || server["stopped"] != false {
		t.Errorf("a server that stops: %v", server)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := set(t, func(_ *Config, c *hubdb.Content) {
		c.Users = users(205)
		c.Users[3].Server.Pending, c.Users[3].Server.Stuck = "stop", true
		c.Users[204].Server = nil
	})
	for _, c := range []struct {
		query      string
		paged      bool
		items      int
		total      float64
		nextOffset any
	}{
		{"", false, 200, 0, nil},
		{"", true, 50, 205, 50.},
		{"limit=1000", true, 200, 205, 200.},
		{"limit=1000&offset=200", true, 5, 205, nil},
		{"state=active&offset=200", true, 4, 204, nil},
		// Who is not ready is taken out of a page when it has been made.
		{"state=ready&limit=10", true, 9, 204, 10.},
		{"state=inactive", true, 1, 1, nil},
		{"name_filter=U00", true, 10, 10, nil},
		{"offset=1000", true, 0, 205, nil},
	} {
		var headers []string
		if c.paged {
			headers = []string{"Accept", "application/json, " + pagination}
		}
		_, answer := s.ask(http.MethodGet, "/api/users?"+c.query, headers...)
		items, _ := answer["items"].([]any)
		about, _ := answer["_pagination"].(map[string]any)
		total, _ := about["total"].(float64)
		next, _ := about["next"].(map[string]any)
		if len(items) != c.items || total != c.total || next["offset"] != c.nextOffset {
			t.Errorf("%q: %d items of %v, next at %v; want %d of %v, next at %v",
				c.query, len(items), total, next["offset"], c.items, c.total, c.nextOffset)
		}
	}
	s.says("Truncated user list in request that does not expect pagination. Processing 200 of 205 total users.")
}

func TestTheProxysAPI(t *testing.T) {
	t.Parallel()
	s := set(t, func(_ *Config, c *hubdb.Content) {
		c.Routes = []*hubdb.Route{
			{Path: "/", Target: "http://hub:8081", LastActivity: time.Unix(0, 0)},
			{Path: "/user/x/", User: "x", Target: "http://127.2.0.1:8888", LastActivity: time.Unix(0, 0)},
		}
	})
	for header, want := range map[string]string{
		"token proxy-token": `{"/":{"hub":true,"jupyterhub":true,"last_activity":"1970-01-01T00:00:00.000Z","target":"http://hub:8081"},` +
			`"/user/x":{"jupyterhub":true,"last_activity":"1970-01-01T00:00:00.000Z","server_name":"","target":"http://127.2.0.1:8888","user":"x"}}` + "\n",
		"token binder-token": "",
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/routes", http.NoBody)
		request.Header.Set("Authorization", header)
		answer := httptest.NewRecorder()
		s.proxyRoutes().ServeHTTP(answer, request)
		if answer.Body.String() != want || (answer.Code == http.StatusOK) != (want != "") {
			t.Errorf("%q: %d %s", header, answer.Code, answer.Body)
		}
	}
}

func TestNothingSecretIsLogged(t *testing.T) {
	t.Parallel()
	at, err := url.Parse("/hub/api/users?state=active&limit=5&api_token=gdsecret-1")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := scrub(at), "/hub/api/users?state=[secret]&limit=5&api_token=[secret]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestALogEntry(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 21, 4, 49, 454_000_000, time.UTC)
	got := entry(at, warning, hubLogger, "user:996", "u's server failed to start in 15 seconds, giving up.\n\nadvice")
	want := "2026-11-20T21:04:49.454000000Z stderr F [W 2026-11-20 21:04:49.454 JupyterHub user:996] u's server failed to start in 15 seconds, giving up.\n" +
		"2026-11-20T21:04:49.454000000Z stderr F     \n" +
		"2026-11-20T21:04:49.454000000Z stderr F     advice\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
