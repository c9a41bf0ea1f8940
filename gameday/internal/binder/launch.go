package binder

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
	"github.com/binderctl/binderctl/gameday/internal/kubelet"
	"github.com/binderctl/binderctl/gameday/internal/record"
)

// mayLaunch says whether the quotas allow one more, and tells who asks if they do
// not.
func (s *session) mayLaunch() bool {
	all, same := 0, 0
	for _, pod := range s.nodes.Pods(kubelet.UserPods) {
		all++
		image := pod.Spec.Containers[0].Image
		if i := strings.LastIndex(image, ":"); i > 0 && image[:i] == s.repo.Image {
			same++
		}
	}
	switch {
	case s.has(QuotaTotal) || s.config.Quota > 0 && all >= s.config.Quota:
		s.metrics.launchCount.WithLabelValues("pod_quota", s.request.provider, s.repo.URL).Inc()
		s.emit(fail(0, "Too many users on this BinderHub! Try again soon.\n"))
		return false
	case s.has(QuotaRepo) || s.config.RepoQuota > 0 && same >= s.config.RepoQuota:
		s.metrics.launchCount.WithLabelValues("repo_quota", s.request.provider, s.repo.URL).Inc()
		s.emit(fail(0, fmt.Sprintf("Too many users running %s! Try again soon.\n", s.repo.URL)))
		return false
	}
	return true
}

// launch starts a server for a user, in several attempts if need be, and tells of
// it.
func (s *session) launch() {
	if !s.mayLaunch() {
		return
	}
	s.metrics.launching.Inc()
	defer s.metrics.launching.Dec()
	s.emit(say("launching", "Launching server...\n"))
	random := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	delay := s.config.RetryDelay
	for attempt := 1; ; attempt++ {
		began := s.now()
		user := binderhub.UserName(s.repo, random)
		options := s.options(random)
		err := s.attempt(user, options)
		took := s.now().Sub(began).Seconds()
		switch {
		case err == nil:
			s.metrics.launchTime.WithLabelValues("success", strconv.Itoa(attempt-1)).Observe(took)
			s.metrics.launchCount.WithLabelValues("success", s.request.provider, s.repo.URL).Inc()
			s.ready(user, options)
			return
		case attempt == s.config.Retries:
			s.metrics.launchTime.WithLabelValues("failure", "-1").Observe(took)
			s.metrics.launchCount.WithLabelValues("failure", s.request.provider, s.repo.URL).Inc()
			s.emit(fail(http.StatusInternalServerError, err.Error()+"\n"))
			return
		}
		s.metrics.launchTime.WithLabelValues("retry", "-1").Observe(took)
		s.emit(say("launching", fmt.Sprintf("Launch attempt %d failed, retrying...\n", attempt)))
		if !s.wait(delay) {
			return
		}
		delay *= 2
	}
}

// options are what BinderHub tells the Hub of a launch.
func (s *session) options(random *rand.Rand) map[string]any {
	return map[string]any{
		"image":                     s.image(),
		"repo_url":                  s.repo.URL,
		"token":                     binderhub.SecretPrefix + binderhub.Letters(random, 22),
		"binder_ref_url":            s.request.at(),
		"binder_launch_host":        s.host,
		"binder_request":            "v2/" + s.request.short(),
		"binder_persistent_request": "v2/" + s.request.provider + "/" + s.request.resolved(),
		"binder_client_ip":          binderhub.SecretPrefix + s.from,
	}
}

// ready tells where the server is.
func (s *session) ready(user string, options map[string]any) {
	at := fmt.Sprintf("http://127.0.0.1:%d/user/%s/", s.config.PublicPort, user)
	last := event{{"phase", "ready"}, {"message", "server running at " + at + "\n"}}
	for _, name := range []string{
		"image", "repo_url", "token", "binder_ref_url", "binder_launch_host", "binder_request", "binder_persistent_request", "binder_client_ip",
	} {
		last = append(last, field{name, options[name]})
	}
	s.book.BeginOf(user, record.ServerUp)
	s.emit(append(last, field{"url", at}))
}

// attempt is one attempt to launch. Its error is what the user is told.
func (s *session) attempt(user string, options map[string]any) error {
	s.book.Is(user, s.number)
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	s.book.BeginOf(user, record.HubUser)
	if err := s.hub.createUser(ctx, user); err != nil {
		s.book.EndOf(user, record.HubUser, err.Error())
		return fmt.Errorf("Failed to create temporary user for %s", s.image()) //nolint:staticcheck // BinderHub's words
	}
	s.book.EndOf(user, record.HubUser, "")
	s.book.BeginOf(user, record.Spawn)
	if err := s.hub.startServer(ctx, user, options); err != nil {
		s.book.EndOf(user, record.Spawn, err.Error())
		return fmt.Errorf("Failed to launch image %s", s.image()) //nolint:staticcheck // BinderHub's words
	}
	s.book.EndOf(user, record.Spawn, "")
	err := s.follow(ctx, user)
	failed := ""
	if err != nil {
		failed = err.Error()
	}
	s.book.EndOf(user, record.Route, failed)
	return err
}

// follow passes on what the Hub tells until the server is ready.
func (s *session) follow(ctx context.Context, user string) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.LaunchTimeout)
	defer cancel()
	ready := false
	err := s.hub.progress(ctx, user, func(report progress) error {
		switch {
		case report.Failed:
			return errors.New(strings.TrimSpace(report.Message))
		case report.Ready:
			ready = true
		}
		s.emit(say("launching", report.Message+"\n"))
		return nil
	})
	var told *toldError
	switch {
	case ready:
		return nil
	case errors.As(err, &told):
		return told.error
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("Image %s for user %s took too long to launch", s.image(), user) //nolint:staticcheck // BinderHub's words
	}
	return fmt.Errorf("Image %s for user %s failed to launch", s.image(), user) //nolint:staticcheck // BinderHub's words
}
