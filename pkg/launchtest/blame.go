package launchtest

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/tmaxmax/go-sse"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// mostSaid is how much is kept of what somebody says of a failure, in bytes.
const mostSaid = 600

// refusals are the messages by which BinderHub gives up, the stage in which it
// does ("" is the one that the launch is in) and what each means. They are
// looked for in this order.
func refusals() []struct {
	words string
	stage Stage
	cause Cause
} {
	return []struct {
		words string
		stage Stage
		cause Cause
	}{
		{"Missing Accept header", Connect, BadRequest},
		{"GitHub rate limit exceeded", Resolve, GitHubLimit},
		{"Rate limit exceeded", Connect, RateLimited},
		{"Invalid build token", Connect, NotAllowed},
		{"Building but not launching", Connect, BadRequest},
		{"No provider found for prefix", Resolve, UnknownProvider},
		{"Spec is not of the form", Resolve, BadSpec},
		{"Unsupported git url", Resolve, BadSpec},
		{"is not allowed to launch", Resolve, BannedRepo},
		{"Could not resolve ref", Resolve, UnknownRef},
		{"Error resolving ref", Resolve, RefError},
		{"Too many users on this BinderHub", Registry, TotalQuota},
		{"Too many users running", Registry, RepoQuota},
		{"Unhandled error watching for build", Build, BuildUnseen},
		{"Failed to create temporary user", HubUser, NoHub},
		{"Failed to launch image", Spawn, SpawnRefused},
		{tooLong, "", SpawnSlow},
		{"failed to launch", "", SpawnFailed},
		{"already has a running server", HubUser, ServerExists},
		{"already has the maximum of", HubUser, ServerExists},
		{"Spawn failed", "", SpawnFailed},
		{"are not allowed", Connect, BannedAddress},
		{"Forbidden", Connect, NotAllowed},
	}
}

// blame says where and why a launch broke of which BinderHub says that it failed.
func (s *story) blame(event Event) Failure {
	f := Failure{Stage: s.launch.Stage(), Cause: Unexplained, Says: event.Message, Code: event.Code}
	for _, refusal := range refusals() {
		if event.Message != "" && strings.Contains(event.Message, refusal.words) {
			f.Stage, f.Cause = cmp.Or(refusal.stage, f.Stage), refusal.cause
			break
		}
	}
	switch {
	case f.Cause == Unexplained && event.Code == http.StatusTooManyRequests:
		f.Cause = RateLimited
	case f.Cause == Unexplained && f.Stage.building():
		f.Cause = BuildFailed
		f.Says = cmp.Or(event.Message, s.lastLog)
		if f.Stage == Queue {
			f.Stage = Build
		}
	case f.Cause == Unexplained && f.Stage.spawning():
		f.Cause = SpawnFailed
	}
	if f.Cause == SpawnSlow || f.Cause == SpawnFailed {
		f = s.blamePod(f)
	}
	return f
}

// blamePod finds in what Kubernetes said last why a pod did not come up.
func (s *story) blamePod(f Failure) Failure {
	if s.warning == "" {
		return f
	}
	f.Says = strings.TrimSuffix(f.Says, ".") + "; Kubernetes said last: " + s.warning
	switch s.warned {
	case Schedule:
		f.Stage, f.Cause = s.warned, NoNode
	case Pull:
		f.Stage, f.Cause = s.warned, NoImage
	case Start, Route:
		f.Stage, f.Cause = s.warned, PodFailed
	default:
	}
	return f
}

// blameLink says why there is no stream, or no more of it.
func (s *story) blameLink(err error) Failure {
	f := Failure{Stage: s.launch.Stage(), Cause: Unreachable, Says: plain(err)}
	if refusal, ok := errors.AsType[*notStreamError](err); ok {
		f.Code = refusal.code
		f.Cause = causeOfCode(refusal.code)
		if refusal.wait > 0 {
			f.RetryAfter = refusal.wait
			f.Says += "; it asks to be left alone for " + refusal.wait.String()
		}
		return f
	}
	var name *net.DNSError
	switch {
	case errors.Is(err, errLoop), errors.Is(err, errManyRedirects):
		f.Cause = RedirectLoop
	case errors.As(err, &name):
		f.Cause = NoSuchHost
	case isCertificate(err):
		f.Cause = BadCertificate
	case s.launch.Answered != "":
		f.Cause = BrokenOff
		if isEnd(err) {
			f.Says = "the stream ended before " + string(f.Stage) + " was over"
		}
	}
	return f
}

// isEnd reports whether a stream has just ended: between two events, or within
// one.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, sse.ErrUnexpectedEOF)
}

func causeOfCode(code int) Cause {
	switch code {
	case http.StatusTooManyRequests:
		return RateLimited
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return BadGateway
	case http.StatusUnauthorized, http.StatusForbidden:
		return NotAllowed
	default:
		return NotABinder
	}
}

// isCertificate reports whether an error is about who the other side is.
func isCertificate(err error) bool {
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var unverified *tls.CertificateVerificationError
	return errors.As(err, &invalid) || errors.As(err, &unknown) || errors.As(err, &name) || errors.As(err, &unverified)
}

// blameEnd says what it means that the launch was ended from here.
func (s *story) blameEnd(cause error) Failure {
	f := Failure{Stage: s.launch.Stage(), Cause: ByOperator, Says: "stopped"}
	late, ok := errors.AsType[*lateError](cause)
	if !ok && errors.Is(cause, context.DeadlineExceeded) {
		late, ok = &lateError{whole: true, after: s.clock.now().Sub(s.launch.Began).Round(time.Second)}, true
	}
	if !ok {
		return f
	}
	f.Says = late.Error()
	switch {
	case late.silent:
		f.Cause = Silent
	case late.whole:
		f.Cause = LaunchTooLong
	default:
		f.Stage, f.Cause = late.stage, StageTooLong
	}
	if f.Stage.spawning() {
		f = s.blamePod(f)
	}
	return f
}

// plain is an error without the address that was asked, which may hold a token
// and which the operator knows.
func plain(err error) string {
	return cluster.WithoutAddress(err).Error()
}
