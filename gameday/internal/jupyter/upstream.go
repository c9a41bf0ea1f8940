package jupyter

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"

	"github.com/binderctl/binderctl/gameday/internal/record"
)

// Put puts a real Jupyter server behind a user's address, or behind all of them
// for the user "". It is at the address, which holds its token
// ("http://127.0.0.1:8888/?token=..."); an empty address takes it away again.
func (s *Servers) Put(user, address string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if address == "" {
		delete(s.upstreams, user)
		return nil
	}
	parsed, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("put a server behind %q: %w", user, err)
	}
	if parsed.Scheme != "http" || parsed.Host == "" {
		return fmt.Errorf("put a server behind %q: %q is not like http://127.0.0.1:8888/?token=TOKEN", user, parsed.Redacted())
	}
	s.upstreams[user] = parsed
	return nil
}

func (s *Servers) upstream(user string) *url.URL {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.upstreams[user]; found != nil {
		return found
	}
	return s.upstreams[""]
}

// forward leads to a real server, which is told its own token where the user's is
// shown, and its own paths.
func (s *server) forward(to *url.URL) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			allowed, secret := s.allowed(r.In), to.Query().Get("token")
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = to.Scheme, to.Host, to.Host
			r.Out.URL.RawPath = ""
			r.Out.URL.Path = strings.TrimSuffix(to.Path, "/") + strings.TrimPrefix(r.In.URL.Path, s.base)
			query := r.Out.URL.Query()
			query.Del("token")
			r.Out.URL.RawQuery = query.Encode()
			r.Out.Header.Del("Authorization")
			r.Out.Header.Del("Origin") // it would have to be the server's own
			if allowed {
				r.Out.Header.Set("Authorization", "token "+secret)
			}
		},
		ModifyResponse: func(r *http.Response) error {
			s.witness(r)
			return nil
		},
		ErrorHandler: unavailable,
	}
}

// witness notes what the answers of a real server say of the launch, and ends the
// pod when the server does.
func (s *server) witness(r *http.Response) {
	path, ok := r.Request.URL.Path, r.StatusCode < http.StatusBadRequest
	switch {
	case strings.HasSuffix(path, "/api") && ok:
		s.book.EndOf(s.user, record.ServerUp, "")
	case strings.HasSuffix(path, "/api/shutdown") && ok:
		s.book.BeginOf(s.user, record.Shutdown)
		go s.endPod()
	}
}
