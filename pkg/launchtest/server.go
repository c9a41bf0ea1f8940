package launchtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"
)

// server is the user's server that a launch was given.
type server struct {
	url   *url.URL // ends in a slash, and has no token
	token string
	agent string
	http  *http.Client
}

// errForeign means that a server is not where its token may be sent.
var errForeign = errors.New("its token was not sent there")

// serverOf reads where a server is, and refuses to send its token to where it
// has no business: a host of another site than BinderHub's, one that can be
// listened to, or what is not the server of user, who is "" if nobody was named
// before, unless the operator trusts it. What is used is told to stop in the end:
// at the address of the Hub that would be the Hub.
func serverOf(event Event, user string, binder *url.URL, opts *Options) (*server, error) {
	address, err := url.Parse(event.URL)
	if err != nil || address.Hostname() == "" || address.Scheme != "http" && address.Scheme != "https" {
		return nil, errors.New("BinderHub says that the server is ready, but not where")
	}
	token := event.Token
	if token == "" {
		token = address.Query().Get("token")
	}
	clean := &url.URL{Scheme: address.Scheme, Host: address.Host, Path: strings.TrimRight(path.Clean("/"+address.Path), "/") + "/"}
	transport := opts.ServerTransport
	if transport == nil {
		transport = opts.Transport
	}
	s := &server{url: clean, token: token, agent: opts.Agent, http: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token would go along
	}}
	switch {
	case trusted(clean, opts.TrustHosts):
		return s, nil
	case binder.Scheme == "https" && clean.Scheme == "http":
		return s, fmt.Errorf("the server is at %s, which anybody on the way can read: %w", clean.Host, errForeign)
	case !sameSite(clean.Hostname(), binder.Hostname()):
		return s, fmt.Errorf("the server is at %s, and BinderHub at %s: %w", clean.Host, binder.Host, errForeign)
	case userOf(clean.Path) == "":
		return s, fmt.Errorf("what is ready is %s, which is no user's server: %w", clean, errForeign)
	case user != "" && userOf(clean.Path) != user:
		return s, fmt.Errorf("the server came up for user %s, and what is ready is %s: %w", user, clean, errForeign)
	}
	return s, nil
}

// trusted reports whether an operator has named the host of a server.
func trusted(address *url.URL, hosts []string) bool {
	return slices.ContainsFunc(hosts, func(host string) bool {
		return strings.EqualFold(host, address.Hostname()) || strings.EqualFold(host, address.Host)
	})
}

// sameSite reports whether two hosts are one, or of one domain that somebody has
// registered: BinderHub and its Hub often are binder.example.org and
// hub.example.org.
func sameSite(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	if a == b {
		return true
	}
	if net.ParseIP(a) != nil || net.ParseIP(b) != nil {
		return false
	}
	siteA, errA := publicsuffix.EffectiveTLDPlusOne(a)
	siteB, errB := publicsuffix.EffectiveTLDPlusOne(b)
	return errA == nil && errB == nil && siteA == siteB
}

const (
	// patience is how long a server may take to answer one question.
	patience = 20 * time.Second
	// mostAnswer is how much of an answer is read.
	mostAnswer = 1 << 20
)

// answerError is an answer of a server that is no success.
type answerError struct {
	code int
	says string
	to   string // what redirected to, without its query
}

func (e *answerError) Error() string {
	text := fmt.Sprintf("the answer was %d %s", e.code, http.StatusText(e.code))
	switch {
	case e.to != "":
		text += ", to " + e.to
	case e.says != "":
		text += fmt.Sprintf(": %q", e.says)
	}
	return text
}

// ask asks the server one thing, and reads the answer into into unless that is
// nil.
func (s *server) ask(ctx context.Context, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("no answer within %s", patience))
	defer cancel()
	var content io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, s.url.JoinPath(path).String(), content)
	if err != nil {
		return err
	}
	s.sign(request.Header)
	response, err := s.http.Do(request)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, mostAnswer))
	switch {
	case response.StatusCode/100 != 2:
		return &answerError{response.StatusCode, titleOf(string(text)), location(response)}
	case err != nil:
		return err
	case into != nil:
		if err := json.Unmarshal(text, into); err != nil {
			return &answerError{code: response.StatusCode, says: titleOf(string(text))}
		}
	}
	return nil
}

// sign proves to the server who asks. The token is in no URL: those are logged.
func (s *server) sign(header http.Header) {
	if s.token != "" {
		header.Set("Authorization", "token "+s.token)
	}
	header.Set("Content-Type", "application/json")
	header.Set("User-Agent", s.agent)
}

// location is where an answer sends to, without what may be secret in it.
func location(response *http.Response) string {
	to, err := response.Location()
	if err != nil {
		return ""
	}
	return to.Scheme + "://" + to.Host + to.Path
}

// The rests between two questions whether a server is there, or gone: as long as
// the clock may be wrong about it.
const (
	firstRest = 5 * time.Millisecond
	longRest  = 2 * time.Second
)

// restAfter is how long to rest when it was waited for so long: a tenth of that.
func restAfter(waited time.Duration) time.Duration {
	return min(max(firstRest, waited/10), longRest)
}

// version asks which Jupyter it is.
func (s *server) version(ctx context.Context) error {
	var said struct {
		Version string `json:"version"`
	}
	if err := s.ask(ctx, http.MethodGet, "api", nil, &said); err != nil {
		return err
	}
	if said.Version == "" {
		return &answerError{code: http.StatusOK, says: "no version of Jupyter"}
	}
	return nil
}

// up waits until the server answers: its route may come a moment later than the
// Hub says that it is ready. A refusal of the token is final.
func (s *server) up(ctx context.Context) error {
	var last error // what was seen says more than that time is up
	for waited := time.Duration(0); ; waited += restAfter(waited) {
		err := s.version(ctx)
		if err == nil || refusesToken(err) {
			return err
		}
		if last == nil || ctx.Err() == nil {
			last = err
		}
		if pause(ctx, restAfter(waited)) != nil {
			return last
		}
	}
}

func refusesToken(err error) bool {
	answer, ok := errors.AsType[*answerError](err)
	return ok && (answer.code == http.StatusUnauthorized || answer.code == http.StatusForbidden)
}

// stop tells the server to stop.
func (s *server) stop(ctx context.Context) error {
	return s.ask(ctx, http.MethodPost, "api/shutdown", nil, nil)
}

// errStillThere means that a server has not gone.
var errStillThere = errors.New("it still answers")

// gone waits until the server is not there any more. An order to stop that was
// refused is given again meanwhile; what it is refused with is returned besides, or
// nil once it was heard.
func (s *server) gone(ctx context.Context, refused error) (stillRefused, err error) {
	answers := false
	for waited := time.Duration(0); ; waited += restAfter(waited) {
		err := s.version(ctx)
		if hasGone(err, refused == nil) {
			return nil, nil
		}
		answers = answers || err == nil || isAnswer(err)
		if pause(ctx, restAfter(waited)) != nil {
			if answers {
				err = errStillThere
			}
			return refused, err
		}
		if refused == nil {
			continue
		}
		if again := s.stop(ctx); again == nil || ctx.Err() == nil {
			refused = again
		}
	}
}

// hasGone reports whether an answer shows that a server is gone: the proxy leads
// nowhere, to the Hub, or to a page that says so. That something on the way fails,
// with a code of 500 and above, shows it only if the server was told to stop.
func hasGone(err error, told bool) bool {
	answer, answered := errors.AsType[*answerError](err)
	switch {
	case !answered, answer.code == http.StatusOK, refusesToken(err):
		return false
	default:
		return told || answer.code < http.StatusInternalServerError
	}
}

func isAnswer(err error) bool {
	_, answered := errors.AsType[*answerError](err)
	return answered
}

// pause waits for d, or for ctx to end.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
