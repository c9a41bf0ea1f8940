package jupyter

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/binderctl/binderctl/gameday/internal/record"
)

// kernelName is the only one there is.
const kernelName = "python3"

// identity is a random one, in the form of a UUID.
func identity() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // it never fails
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	text := hex.EncodeToString(raw)
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// launch starts a kernel.
func (s *server) launch(name string) (*kernel, bool) {
	if name != "" && name != kernelName {
		return nil, false
	}
	s.book.BeginOf(s.user, record.Kernel)
	made := newKernel(s)
	s.mu.Lock()
	s.kernels[made.id] = made
	s.order = append(s.order, made.id)
	s.mu.Unlock()
	go made.start()
	return made, true
}

func (s *server) kernel(r *http.Request) *kernel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kernels[r.PathValue("id")]
}

func (s *server) listKernels(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	models := []any{}
	for _, id := range s.order {
		models = append(models, s.kernels[id].model())
	}
	s.mu.Unlock()
	Respond(w, http.StatusOK, models)
}

func (s *server) createKernel(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Name string `json:"name"`
	}
	_ = json.NewDecoder(r.Body).Decode(&asked) // there need not be a body
	made, ok := s.launch(asked.Name)
	if !ok {
		complain(w, http.StatusInternalServerError, "No such kernel named "+asked.Name)
		return
	}
	w.Header().Set("Location", s.base+"/api/kernels/"+made.id)
	Respond(w, http.StatusCreated, made.model())
}

func (s *server) getKernel(w http.ResponseWriter, r *http.Request) {
	if found := s.kernel(r); found != nil {
		Respond(w, http.StatusOK, found.model())
		return
	}
	complain(w, http.StatusNotFound, "Kernel does not exist: "+r.PathValue("id"))
}

func (s *server) deleteKernel(w http.ResponseWriter, r *http.Request) {
	found := s.kernel(r)
	if found == nil {
		complain(w, http.StatusNotFound, "Kernel does not exist: "+r.PathValue("id"))
		return
	}
	s.mu.Lock()
	delete(s.kernels, found.id)
	s.order = slices.DeleteFunc(s.order, func(id string) bool { return id == found.id })
	s.mu.Unlock()
	found.stop()
	w.WriteHeader(http.StatusNoContent)
}

func (s *server) interruptKernel(w http.ResponseWriter, r *http.Request) {
	if s.kernel(r) == nil {
		complain(w, http.StatusNotFound, "Kernel does not exist: "+r.PathValue("id"))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// stopKernels ends all kernels.
func (s *server) stopKernels() {
	s.mu.Lock()
	var all []*kernel
	for _, one := range s.kernels {
		all = append(all, one)
	}
	s.mu.Unlock()
	for _, one := range all {
		one.stop()
	}
}

// session is a notebook that has a kernel.
type session struct {
	ID   string `json:"id"`
	Path string `json:"path"`
	Name string `json:"name"`
	Type string `json:"type"`
	// kernel is its kernel's.
	kernel string
}

// sessionModel is a session as the API shows it. The caller holds the lock.
func (s *server) sessionModel(one session) map[string]any {
	model := map[string]any{"id": one.ID, "path": one.Path, "name": one.Name, "type": one.Type, "kernel": nil}
	if found := s.kernels[one.kernel]; found != nil {
		model["kernel"] = found.model()
	}
	return model
}

func (s *server) listSessions(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	models := []any{}
	for _, one := range s.sessions {
		models = append(models, s.sessionModel(one))
	}
	s.mu.Unlock()
	Respond(w, http.StatusOK, models)
}

func (s *server) createSession(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		session
		Kernel struct {
			Name string `json:"name"`
			ID   string `json:"id"`
		} `json:"kernel"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.Path == "" {
		complain(w, http.StatusBadRequest, "Missing field in JSON data: path")
		return
	}
	made := session{ID: identity(), Path: asked.Path, Name: asked.Name, Type: asked.Type, kernel: asked.Kernel.ID}
	if made.kernel == "" {
		started, ok := s.launch(asked.Kernel.Name)
		if !ok {
			complain(w, http.StatusNotImplemented, "No such kernel named "+asked.Kernel.Name)
			return
		}
		made.kernel = started.id
	}
	s.mu.Lock()
	s.sessions[made.ID] = made
	model := s.sessionModel(made)
	s.mu.Unlock()
	Respond(w, http.StatusCreated, model)
}

func (s *server) deleteSession(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	one, ok := s.sessions[r.PathValue("id")]
	delete(s.sessions, r.PathValue("id"))
	found := s.kernels[one.kernel]
	delete(s.kernels, one.kernel)
	s.order = slices.DeleteFunc(s.order, func(id string) bool { return id == one.kernel })
	s.mu.Unlock()
	if !ok {
		complain(w, http.StatusNotFound, "Session not found: session_id='"+r.PathValue("id")+"'")
		return
	}
	if found != nil {
		found.stop()
	}
	w.WriteHeader(http.StatusNoContent)
}
