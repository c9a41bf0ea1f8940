package jupyter

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/record"
)

// version is that of the Jupyter Server that is played.
const version = "2.17.0"

// ServeHTTP answers as the server in the pod.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.has(ServerSilent) {
		select { // it listens, and says nothing
		case <-r.Context().Done():
		case <-s.ctx.Done():
		}
		panic(http.ErrAbortHandler)
	}
	s.mu.Lock()
	s.active = s.now()
	s.mu.Unlock()
	w.Header().Set("Server", "TornadoServer/6.5.2")
	s.handler.ServeHTTP(w, r)
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	need := func(pattern string, do http.HandlerFunc) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" "+s.base+path, func(w http.ResponseWriter, r *http.Request) {
			if !s.allowed(r) {
				complain(w, http.StatusForbidden, "Forbidden")
				return
			}
			do(w, r)
		})
	}
	for _, path := range []string{"/api", "/api/{$}"} { // nobody needs a token for it
		mux.HandleFunc("GET "+s.base+path, func(w http.ResponseWriter, _ *http.Request) {
			Respond(w, http.StatusOK, map[string]any{"version": version})
			s.book.EndOf(s.user, record.ServerUp, "")
		})
	}
	need("GET /api/status", s.status)
	need("GET /api/kernelspecs", kernelspecs)
	need("GET /api/kernels", s.listKernels)
	need("POST /api/kernels", s.createKernel)
	need("GET /api/kernels/{id}", s.getKernel)
	need("DELETE /api/kernels/{id}", s.deleteKernel)
	need("POST /api/kernels/{id}/interrupt", s.interruptKernel)
	need("GET /api/kernels/{id}/channels", s.channels)
	need("GET /api/sessions", s.listSessions)
	need("POST /api/sessions", s.createSession)
	need("DELETE /api/sessions/{id}", s.deleteSession)
	need("POST /api/shutdown", s.shutdown)
	mux.HandleFunc(s.base+"/api/", func(w http.ResponseWriter, r *http.Request) {
		if !s.allowed(r) {
			complain(w, http.StatusForbidden, "Forbidden")
			return
		}
		complain(w, http.StatusNotFound, "Not Found")
	})
	mux.HandleFunc(s.base+"/", s.page)
	return mux
}

// page is what a browser sees.
func (s *server) page(w http.ResponseWriter, r *http.Request) {
	if !s.allowed(r) && r.URL.Path != s.base+"/login" {
		http.Redirect(w, r, s.base+"/login?next="+r.URL.EscapedPath(), http.StatusFound)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	_, _ = w.Write([]byte("<!DOCTYPE html>\n<html><head><title>JupyterLab</title></head><body data-base-url=\"" + s.base + "/\"></body></html>\n")) // who hung up does not want it
}

func (s *server) status(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	connections := 0
	for _, kernel := range s.kernels {
		connections += kernel.connected()
	}
	body := map[string]any{"started": stamp(s.started), "last_activity": stamp(s.active), "connections": connections, "kernels": len(s.kernels)}
	s.mu.Unlock()
	Respond(w, http.StatusOK, body)
}

func kernelspecs(w http.ResponseWriter, _ *http.Request) {
	Respond(w, http.StatusOK, map[string]any{"default": kernelName, "kernelspecs": map[string]any{kernelName: map[string]any{
		"name": kernelName, "resources": map[string]any{},
		"spec": map[string]any{
			"argv": []string{"python3", "-m", "ipykernel_launcher", "-f", "{connection_file}"}, "env": map[string]any{},
			"display_name": "Python 3 (ipykernel)", "language": "python", "interrupt_mode": "signal", "metadata": map[string]any{"debugger": true},
		},
	}}})
}

// shutdown ends the server, and with it the container and the pod.
func (s *server) shutdown(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.WriteHeader(http.StatusOK)
	if s.has(ShutdownIgnored) {
		return
	}
	s.mu.Lock()
	already := s.ended
	s.ended = true
	s.mu.Unlock()
	if already {
		return
	}
	s.book.BeginOf(s.user, record.Shutdown)
	s.stopKernels()
	go s.endPod()
}

// endPod ends the pod of a server that has ended.
func (s *server) endPod() {
	failed := ""
	if err := s.nodes.Finish(s.ctx, s.pod, 0); err != nil {
		failed = err.Error()
	}
	s.down.Store(true)
	s.book.EndOf(s.user, record.Shutdown, failed)
}

// Respond answers in JSON.
func Respond(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // who hung up does not want it
}

func complain(w http.ResponseWriter, code int, message string) {
	Respond(w, code, map[string]any{"message": message, "reason": nil})
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000Z") }
