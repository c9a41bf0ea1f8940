package binderhub

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Health is what BinderHub says of what it needs.
type Health struct {
	OK     bool      `json:"ok"`
	Checks []Service `json:"checks"` // null if it did not say
}

// Service is something that BinderHub needs, such as "JupyterHub API", or a
// limit that it keeps to.
type Service struct {
	Name string `json:"service"`
	OK   bool   `json:"ok"`
	// Ignored is true of what BinderHub does not count, such as its quota.
	Ignored bool `json:"ignored"`
	Pods    int  `json:"pods"`  // of the quota
	Quota   *int `json:"quota"` // null if there is none
}

// readHealth reads health in the names that BinderHub gives.
func readHealth(body io.Reader) (Health, error) {
	var said struct {
		OK     bool `json:"ok"`
		Checks []struct {
			Name    string `json:"service"`
			OK      bool   `json:"ok"`
			Ignored bool   `json:"_ignore_failure"`
			Pods    int    `json:"total_pods"`
			Quota   *int   `json:"quota"`
		} `json:"checks"`
	}
	err := json.NewDecoder(body).Decode(&said)
	h := Health{OK: said.OK, Checks: []Service{}}
	for _, check := range said.Checks {
		h.Checks = append(h.Checks, Service(check))
	}
	return h, err
}

// Failing are the services that fail, but for those that are ignored.
func (h Health) Failing() []string {
	names := []string{}
	for _, service := range h.Checks {
		if !service.OK && !service.Ignored {
			names = append(names, service.Name)
		}
	}
	return names
}

// Full reports whether the quota of pods is used up, so that nobody may launch.
func (h Health) Full() (pods, quota int, full bool) {
	for _, service := range h.Checks {
		if service.Quota != nil && *service.Quota > 0 && service.Pods >= *service.Quota {
			return service.Pods, *service.Quota, true
		}
	}
	return 0, 0, false
}

// source is one BinderHub process, and what it said.
type source struct {
	client *cluster.Client // of a pod
	pod    *corev1.Pod
	base   *url.URL // of an address
	http   *http.Client

	health   Health
	err      error
	counts   Counts
	countErr error
}

// ask asks for health and counts.
func (s *source) ask(ctx context.Context) {
	if s.pod != nil {
		tunnel, err := s.client.OpenTunnel(ctx, s.pod.Namespace, s.pod.Name, cluster.BinderPort(s.pod))
		if err != nil {
			s.err = err
			return
		}
		defer tunnel.Close()
		s.base = &url.URL{Scheme: "http", Host: "binder", Path: "/"}
		s.http = newHTTPClient(&http.Transport{DialContext: tunnel.Dial, DisableKeepAlives: true})
	}
	if s.err = s.get(ctx, "health", http.StatusServiceUnavailable, func(body io.Reader) (err error) {
		s.health, err = readHealth(body)
		return err
	}); s.err != nil {
		return
	}
	s.countErr = s.get(ctx, "metrics", 0, func(body io.Reader) (err error) {
		s.counts, err = readCounts(body)
		return err
	})
}

// mostAnswer is how much of an answer is read: BinderHub counts each repository
// by itself.
const mostAnswer = 64 << 20

// get reads one answer; also is a code that is as good as 200.
func (s *source) get(ctx context.Context, path string, also int, read func(io.Reader) error) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base.JoinPath(path).String(), http.NoBody)
	if err != nil {
		return err
	}
	response, err := s.http.Do(request)
	if err != nil {
		return cluster.WithoutAddress(err) // of a tunnel it is made up
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK && response.StatusCode != also {
		return fmt.Errorf("its /%s answers %s", path, response.Status)
	}
	if err := read(io.LimitReader(response.Body, mostAnswer)); err != nil {
		return fmt.Errorf("read its /%s: %w", path, err)
	}
	return nil
}
