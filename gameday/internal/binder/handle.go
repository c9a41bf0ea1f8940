package binder

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
	"github.com/binderctl/binderctl/gameday/internal/record"
)

// session is one request for a launch that is answered.
type session struct {
	*Binder
	*stream
	request *request
	repo    binderhub.Repo
	host    string // that the launch is of
	from    string // the client's address
	number  int    // of the launch, in the record
	said    string // the stage that was told of last
}

// image is that which is launched.
func (s *session) image() string { return s.repo.Image + ":" + s.repo.Commit }

// serveBuild answers a request to build and launch.
func (b *Binder) serveBuild(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	asked := strings.TrimSuffix(strings.TrimPrefix(r.URL.EscapedPath(), "/build/"), "/")
	if code, message := b.barred(w, r, asked); message != "" {
		refuse(w, code, message)
		return
	}
	stream, end := b.newStream(w, r)
	defer end()
	s := &session{Binder: b, stream: stream, host: r.Header.Get("X-Binder-Launch-Host"), from: remote(r)}
	if s.host == "" {
		s.host = "https://mybinder.org/"
	}
	provider, spec, _ := strings.Cut(asked, "/")
	stay := s.serve(provider, spec)
	if s.isStalled() {
		s.hold()
	}
	stay()
}

// barred says why a request is refused before anything is done.
func (b *Binder) barred(w http.ResponseWriter, r *http.Request, asked string) (int, string) {
	accept, _, _ := strings.Cut(r.Header.Get("Accept"), ";")
	if strings.TrimSpace(accept) != "text/event-stream" {
		return http.StatusBadRequest, "Missing Accept header: text/event-stream\n"
	}
	token := r.URL.Query().Get("build_token")
	switch {
	case token != "" && !b.tokenIsGood(token, asked, originOf(r)):
		return http.StatusForbidden, "Invalid build token\n"
	case b.has(RateLimit) || token == "" && !b.limiter.take(w, r):
		return http.StatusTooManyRequests, fmt.Sprintf("Rate limit exceeded. Try again in %d seconds.\n", int(period.Seconds()))
	case r.URL.Query().Get("build_only") == "true":
		return http.StatusBadRequest, "Building but not launching is not permitted when the API only mode was not enabled by setting `enable_api_only_mode` to True. \n"
	}
	return 0, ""
}

// serve does what is asked, and returns what is to be done before the stream
// ends: what BinderHub leaves open, it leaves open.
func (s *session) serve(provider, spec string) (stay func()) {
	closeAtOnce := func() {}
	asked, err := parse(provider, spec)
	if err != nil {
		s.emit(fail(0, err.Error()+"\n"))
		return closeAtOnce
	}
	s.request = asked
	if matches(s.banned, spec) {
		s.emit(fail(0, fmt.Sprintf("Sorry, %s is not allowed to launch. Please contact admins for more info!", spec)))
		return closeAtOnce
	}
	s.number = s.book.Launch(asked.short())
	s.note(record.Resolve)
	if !s.find() {
		return closeAtOnce
	}
	s.book.Begin(s.number, record.Registry)
	there := s.inRegistry(s.image())
	s.book.End(s.number, record.Registry, "")
	if there {
		s.emit(event{{"phase", "built"}, {"imageName", s.image()}, {"message", "Found built image, launching...\n"}})
		s.launch()
		return closeAtOnce
	}
	if !s.mayLaunch() { // BinderHub looks before it builds, too
		return closeAtOnce
	}
	if !s.build() {
		return s.hold
	}
	s.emit(event{{"phase", "built"}, {"message", "Built image, launching...\n"}, {"imageName", s.image()}})
	s.launch()
	return func() { s.wait(s.config.Linger) }
}

// find resolves the ref.
func (s *session) find() bool {
	s.book.Begin(s.number, record.Resolve)
	s.wait(s.config.Resolve + rand.N(s.config.Spread+1))
	why := ""
	switch {
	case s.has(GitHubLimit):
		why = fmt.Sprintf("Error resolving ref for %s: GitHub rate limit exceeded. Try again in 23 minutes.\n", s.request.key())
	case s.has(ResolveFails) || matches(s.missing, s.request.url):
		why = fmt.Sprintf("Could not resolve ref for %s. Double check your URL and that your repo is public.\n", s.request.key())
	}
	s.book.End(s.number, record.Resolve, strings.TrimSpace(why))
	if why != "" {
		s.emit(fail(0, why))
		return false
	}
	s.resolve(s.request)
	s.repo = s.request.repo(s.config.ImagePrefix)
	return true
}

// How often BinderHub asks a registry that does not answer, and how long it waits
// between.
const (
	registryTries = 3
	registryPause = 100 * time.Millisecond
)

// inRegistry says whether an image is there. One that cannot be asked for is not.
func (s *session) inRegistry(image string) bool {
	if s.has(RegistryDown) {
		for range registryTries {
			s.wait(registryPause)
		}
		return false
	}
	s.Binder.mu.Lock()
	defer s.Binder.mu.Unlock()
	return s.images[image]
}
