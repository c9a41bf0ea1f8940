package jupyter

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/kubelet"
)

// Front is the proxy before the Hub and the users' servers: it leads where the
// Hub's table of routes says.
type Front struct {
	servers *Servers
	table   table
	hub     http.Handler
}

// NewFront makes a proxy; the Hub and the proxy's API are at these ports.
func NewFront(servers *Servers, hubPort, proxyPort int, proxyToken string) *Front {
	hub := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", hubPort)})
	hub.ErrorHandler = unavailable
	return &Front{
		servers: servers, hub: hub,
		table: table{at: fmt.Sprintf("http://127.0.0.1:%d/api/routes", proxyPort), token: proxyToken, now: servers.now},
	}
}

func unavailable(w http.ResponseWriter, _ *http.Request, _ error) {
	page(w, http.StatusServiceUnavailable, "Service Unavailable", "503 : Service Unavailable", "Your server appears to be down. Try restarting it from the hub")
}

// ServeHTTP leads a request to where it belongs.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, ok := strings.CutPrefix(r.URL.Path, "/user/")
	if !ok {
		f.hub.ServeHTTP(w, r)
		return
	}
	user, _, _ = strings.Cut(user, "/")
	routed, err := f.table.leads("/user/" + user)
	pod := f.servers.nodes.UserPod(user)
	switch {
	case err != nil: // the proxy does not run
		panic(http.ErrAbortHandler)
	case !routed:
		page(w, http.StatusFailedDependency, "Binder not found", "Binder not found",
			"The Binder you are looking for has ended or was never there. Launch it again.")
	case !kubelet.Runs(pod):
		unavailable(w, r, nil)
	default:
		f.lead(f.servers.of(pod), w, r)
	}
}

// lead leads a request to a server, or to the real one in its place.
func (f *Front) lead(server *server, w http.ResponseWriter, r *http.Request) {
	upstream := f.servers.upstream(server.user)
	switch {
	case server.down.Load():
		unavailable(w, r, nil)
	case upstream != nil:
		server.forward(upstream).ServeHTTP(w, r)
	default:
		server.ServeHTTP(w, r)
	}
}

// page is one for people.
func page(w http.ResponseWriter, code int, title, headline, text string) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.WriteHeader(code)
	fmt.Fprintf(w, "<!DOCTYPE html>\n<html>\n<head><title>%s</title></head>\n<body><h1>%s</h1><p>%s</p></body>\n</html>\n", title, headline, text)
}

// table is the proxy's of routes, as its API tells it.
type table struct {
	at, token string
	now       func() time.Time

	mu    sync.Mutex
	paths map[string]bool
	read  time.Time
}

// How long what the table says of a path holds: of one that leads somewhere, and
// of one that does not.
const (
	routedFor   = 250 * time.Millisecond
	unroutedFor = 20 * time.Millisecond
)

// leads says whether a path leads to a user's server.
func (t *table) leads(path string) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.now().Sub(t.read)
	if t.paths[path] && old < routedFor || t.paths != nil && old < unroutedFor {
		return t.paths[path], nil
	}
	request, err := http.NewRequest(http.MethodGet, t.at, nil) //nolint:noctx // it is this machine's
	if err != nil {
		return false, err
	}
	request.Header.Set("Authorization", "token "+t.token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return false, fmt.Errorf("read the proxy's routes: it answered %s", response.Status)
	}
	var routes map[string]json.RawMessage
	if err := json.NewDecoder(response.Body).Decode(&routes); err != nil {
		return false, err
	}
	t.paths, t.read = make(map[string]bool, len(routes)), t.now()
	for route := range routes {
		t.paths[route] = true
	}
	return t.paths[path], nil
}
