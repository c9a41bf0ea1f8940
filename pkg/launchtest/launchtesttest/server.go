// Package launchtesttest plays BinderHub, the Hub's proxy and a user's Jupyter
// server to tests, over HTTP on one address, and lets each of them fail.
package launchtesttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// Token is the one of every server. It must never be seen in what is printed.
const Token = "t0p-s3cr3t-t0k3n" //nolint:gosec // a token that opens nothing

// Server is the stand-in. Its fields may be set before the first request, and if
// that comes from another process, before it starts.
type Server struct {
	*httptest.Server
	// Tell tells the stream of events of a launch; nil is Cached.
	Tell func(*Stream)
	// Providers are what it says that it launches from; nil says nothing.
	Providers []string
	// Jupyter is how the users' servers behave.
	Jupyter Jupyter

	mu      sync.Mutex
	users   map[string]*user
	asked   []*http.Request
	stopped int
	used    int
}

// New starts a stand-in. Close ends it.
func New() *Server {
	s := Prepare()
	s.Start()
	return s
}

// Start starts a stand-in for one test, which its clients' connections do not
// outlive. tell is its Tell.
func Start(t *testing.T, tell func(*Stream)) *Server {
	t.Helper()
	s := New()
	s.Tell = tell
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

// Prepare makes a stand-in that is not started yet.
func Prepare() *Server {
	s := &Server{users: map[string]*user{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /build/", s.build)
	mux.HandleFunc("GET /api/repoproviders", s.providers)
	mux.HandleFunc("/user/", s.user)
	s.Server = httptest.NewUnstartedServer(mux)
	return s
}

// Asked are the requests to launch so far.
func (s *Server) Asked() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*http.Request(nil), s.asked...)
}

// Running is how many servers run, and Stopped how many were told to stop.
func (s *Server) Running() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	running := 0
	for _, u := range s.users {
		if !u.gone {
			running++
		}
	}
	return running
}

// Stopped is how many servers have stopped because they were told to.
func (s *Server) Stopped() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped
}

// Used is how many questions there were to users' servers.
func (s *Server) Used() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used
}

func (s *Server) providers(w http.ResponseWriter, _ *http.Request) {
	if s.Providers == nil {
		http.NotFound(w, nil)
		return
	}
	var list []map[string]string
	for _, id := range s.Providers {
		list = append(list, map[string]string{"id": id, "displayName": id})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(list)
}

func (s *Server) build(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r)
	name := fmt.Sprintf("owner-name-%08d", len(s.asked))
	s.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	stream := &Stream{server: s, w: w, Request: r, User: name}
	if r.Header.Get("Accept") != "text/event-stream" {
		stream.Event(`{"phase": "failed", "status_code": 400, "message": "Missing Accept header: text/event-stream\n"}`)
		return
	}
	tell := s.Tell
	if tell == nil {
		tell = Cached
	}
	tell(stream)
}

// Stream is the answer to one request to launch.
type Stream struct {
	User    string
	Request *http.Request
	server  *Server
	w       http.ResponseWriter
}

// Event sends an event.
func (s *Stream) Event(data string) { s.Raw("data: " + data + "\n\n") }

// Raw sends bytes as they are.
func (s *Stream) Raw(text string) {
	_, _ = s.w.Write([]byte(text))
	s.w.(http.Flusher).Flush()
}

// Launching sends what the Hub says.
func (s *Stream) Launching(message string) {
	text, _ := json.Marshal(map[string]string{"phase": "launching", "message": message + "\n"})
	s.Event(string(text))
}

// Repeat sends bytes every so often until the other side has gone.
func (s *Stream) Repeat(text string, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			s.Raw(text)
		case <-s.Request.Context().Done():
			return
		}
	}
}

// Hold keeps the stream open until the other side has gone.
func (s *Stream) Hold() { <-s.Request.Context().Done() }

// Spawn makes the user's server, which then answers.
func (s *Stream) Spawn() {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.users[s.User] = &user{}
}

// URL is the server's.
func (s *Stream) URL() string { return s.server.URL + "/user/" + s.User + "/" }

// Ready makes the server and says that it is ready at address; "" is its own.
func (s *Stream) Ready(address string) {
	s.Spawn()
	if address == "" {
		address = s.URL()
	}
	s.Event(fmt.Sprintf(`{"phase": "ready", "message": "server running at %s\n", "image": "reg/i-owner-2dname-a104b7:1a2b", "token": %q, "binder_request": "v2/%s", "url": %q}`,
		address, Token, strings.TrimPrefix(s.Request.URL.EscapedPath(), "/build/"), address))
}

// Cached tells a launch whose image is there.
func Cached(s *Stream) {
	s.Event(`{"phase": "built", "imageName": "reg/i-owner-2dname-a104b7:1a2b", "message": "Found built image, launching...\n"}`)
	Launch(s)
}

// Launch tells how a server comes up, event by event.
func Launch(s *Stream) {
	s.Launching("Launching server...")
	s.Launching("Server requested")
	for _, text := range []string{
		"Successfully assigned prod/jupyter-owner-name to node-1",
		`Pulling image "reg/i-owner-2dname-a104b7:1a2b"`,
		`Successfully pulled image "reg/i-owner-2dname-a104b7:1a2b" in 1.2s`,
		"Created container notebook", "Started container notebook",
	} {
		s.Launching("2026-08-21T10:00:00Z [Normal] " + text)
	}
	s.Launching("Server ready at /user/" + s.User + "/")
	s.Ready("")
}

// Built tells a launch whose image is built first, with the lines as BinderHub
// passes them on, and lingers as it does.
func Built(s *Stream) {
	s.Event(`{"phase": "waiting", "message": "Waiting for build to start...\n"}`)
	s.Event(`{"message": "Picked Git content provider.\n"}`)
	s.Event(`{"phase": "fetching", "message": "Cloning...\n"}`)
	s.Event(`{"phase": "Building", "message": "Step 1\n"}`)
	s.Raw(":keepalive\n\n")
	s.Event(`{"phase": "unknown", "message": "no JSON at all\n"}`)
	s.Event(`{"phase": "pushing", "message": "Pushing image\n"}`)
	s.Event(`{"phase": "built", "message": "Built image, launching...\n", "imageName": "reg/i-owner-2dname-a104b7:1a2b"}`)
	Launch(s)
	s.Hold()
}
