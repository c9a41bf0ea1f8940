package launchtesttest

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// Jupyter is how users' servers behave; the zero value is a good one with a
// Python kernel.
type Jupyter struct {
	Language   string // of the kernel; "" is python
	UpAfter    int    // so many questions are answered with 503 first
	NeverUp    bool
	Silent     bool          // it takes questions, and answers none
	BadToken   bool          // the token is not accepted
	NoKernel   bool          // starting one fails
	NoSocket   bool          // websockets do not get through
	Dumb       bool          // the kernel does not answer
	Slow       time.Duration // so long the kernel takes to say who it is
	Wrong      bool          // the kernel answers something else
	Raises     bool          // the kernel raises an exception
	Stillborn  bool          // the kernel dies while it starts
	Dies       bool          // the kernel dies when it is asked to compute
	CutOff     bool          // once the kernel has its channel, nothing else is reached but a proxy's 502
	Deaf       int           // so many orders to stop get lost on their way
	NotStopped bool          // an order to stop is taken, and not heeded
	NoStop     bool          // an order to stop is refused
}

type user struct {
	asked int
	gone  bool
	cut   bool
}

// user answers as the proxy and a user's server do.
func (s *Server) user(w http.ResponseWriter, r *http.Request) {
	parts := strings.SplitN(strings.TrimPrefix(r.URL.Path, "/user/"), "/", 2)
	s.mu.Lock()
	u := s.users[parts[0]]
	there := u != nil && !u.gone
	if there {
		u.asked++
		there = !s.Jupyter.NeverUp && u.asked > s.Jupyter.UpAfter
	}
	gone := u == nil || u.gone
	s.used++
	cut := there && u.cut
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/api/shutdown") && s.Jupyter.Deaf > 0 {
		s.Jupyter.Deaf--
		cut = true
	}
	s.mu.Unlock()
	switch {
	case cut:
		http.Error(w, "<html><title>502 Bad Gateway</title></html>", http.StatusBadGateway)
	case s.Jupyter.Silent:
		<-r.Context().Done()
	case gone:
		http.Error(w, "<html><title>Binder not found</title></html>", http.StatusFailedDependency)
	case !there:
		http.Error(w, "<html><title>503</title></html>", http.StatusServiceUnavailable)
	case r.Header.Get("Authorization") != "token "+Token || s.Jupyter.BadToken:
		http.Error(w, `{"message": "Forbidden"}`, http.StatusForbidden)
	default:
		s.api(w, r, u, strings.Join(parts[1:], ""))
	}
}

func (s *Server) api(w http.ResponseWriter, r *http.Request, u *user, path string) {
	reply := func(code int, text string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = w.Write([]byte(text))
	}
	switch {
	case path == "api" && r.Method == http.MethodGet:
		reply(http.StatusOK, `{"version": "2.14.0"}`)
	case path == "api/shutdown" && r.Method == http.MethodPost && s.Jupyter.NoStop:
		reply(http.StatusInternalServerError, `{"message": "no"}`)
	case path == "api/shutdown" && r.Method == http.MethodPost:
		s.mu.Lock()
		u.gone = !s.Jupyter.NotStopped
		s.stopped++
		s.mu.Unlock()
		reply(http.StatusOK, "")
	case path == "api/kernels" && r.Method == http.MethodPost && s.Jupyter.NoKernel:
		reply(http.StatusInternalServerError, `{"message": "No such kernel"}`)
	case path == "api/kernels" && r.Method == http.MethodPost:
		reply(http.StatusCreated, `{"id": "k1", "name": "python3"}`)
	case strings.HasPrefix(path, "api/kernels/") && r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	case strings.HasSuffix(path, "/channels") && !s.Jupyter.NoSocket:
		s.mu.Lock()
		u.cut = s.Jupyter.CutOff
		s.mu.Unlock()
		s.channels(w, r)
	default:
		http.NotFound(w, r)
	}
}

type message struct {
	Channel string         `json:"channel"`
	Header  map[string]any `json:"header"`
	Parent  map[string]any `json:"parent_header"`
	Content map[string]any `json:"content"`
}

// channels is a kernel.
func (s *Server) channels(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	for {
		var asked message
		if wsjson.Read(r.Context(), conn, &asked) != nil {
			return
		}
		if s.Jupyter.Dumb {
			continue
		}
		say := func(channel, kind string, content map[string]any) {
			_ = wsjson.Write(r.Context(), conn, message{channel, map[string]any{"msg_type": kind, "msg_id": "x"}, asked.Header, content})
		}
		say("iopub", "status", map[string]any{"execution_state": "busy"})
		switch kind := asked.Header["msg_type"]; {
		case kind == "kernel_info_request" && s.Jupyter.Stillborn:
			say("iopub", "status", map[string]any{"execution_state": "restarting"})
		case kind == "kernel_info_request":
			language := s.Jupyter.Language
			if language == "" {
				language = "python"
			}
			select {
			case <-time.After(s.Jupyter.Slow):
			case <-r.Context().Done():
			}
			say("shell", "kernel_info_reply", map[string]any{"language_info": map[string]any{"name": language}})
		case kind == "execute_request":
			s.execute(fmt.Sprint(asked.Content["code"]), say)
		}
		say("iopub", "status", map[string]any{"execution_state": "idle"})
	}
}

// question finds what is to be computed in any language.
var question = regexp.MustCompile(`([a-z0-9]{20,}).*?(\d+) \* (\d+)`)

func (s *Server) execute(code string, say func(channel, kind string, content map[string]any)) {
	if s.Jupyter.Dies {
		say("iopub", "status", map[string]any{"execution_state": "restarting"})
		return
	}
	found := question.FindStringSubmatch(code)
	if s.Jupyter.Raises || found == nil {
		say("iopub", "error", map[string]any{"ename": "ModuleNotFoundError", "evalue": "No module named 'ipykernel'"})
		return
	}
	a, _ := strconv.ParseInt(found[2], 10, 64)
	b, _ := strconv.ParseInt(found[3], 10, 64)
	if s.Jupyter.Wrong {
		a++
	}
	answer := fmt.Sprintf("%s %d\n", found[1], a*b)
	half := len(answer) / 2 // a kernel sends what it prints in pieces
	say("iopub", "stream", map[string]any{"name": "stdout", "text": answer[:half]})
	say("iopub", "stream", map[string]any{"name": "stdout", "text": answer[half:]})
	say("shell", "execute_reply", map[string]any{"status": "ok"})
}
