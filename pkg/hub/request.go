package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
)

const (
	// patience is how long the Hub may take to answer a question. A page of 200
	// users takes a busy one a second.
	patience = 30 * time.Second
	// greeting is how long it may take to tell its version, which takes neither a
	// right nor its database. BinderHub's own check of the Hub gives up after 3 s.
	greeting = 10 * time.Second
	// stopPatience is how long it may take to answer a stop: it waits for the
	// server itself for 10 s (JupyterHub's slow_stop_timeout) before it does.
	stopPatience = 60 * time.Second
	// stopDoubt is from when on a stop that was not answered makes one ask whether
	// the Hub answers anything: it answers after 10 s at the latest, and may be busy.
	stopDoubt = 15 * time.Second
	// mostAnswer is how much of an answer is read. A page of 200 users is 200 kB.
	mostAnswer = 64 << 20
	// mostMessage is how much of a refusal is shown.
	mostMessage = 300
	// connections is how many there are to the Hub at the most.
	connections = 16
)

// newHTTPClient is for one Hub alone. It follows no redirects: the token would
// go with them, and the API has none.
func newHTTPClient(transport *http.Transport) *http.Client {
	transport.MaxConnsPerHost, transport.MaxIdleConnsPerHost = connections, connections
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ask makes one request and gives the answer's body to read, if it is not nil
// and the answer a success. It returns the code of a success, or an error. path
// is relative to the API and escaped.
func (c *Client) ask(ctx context.Context, method, path, accept string, limit time.Duration, read func(header http.Header, body io.Reader) error) (code int, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("%w within %s", cluster.ErrSilent, limit))
	defer cancel()
	if err := stays(path); err != nil {
		return 0, err
	}
	address, err := c.URL.Parse(path)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(ctx, method, address.String(), http.NoBody)
	if err != nil {
		return 0, err
	}
	if c.token != "" {
		request.Header.Set("Authorization", "token "+c.token)
	}
	request.Header.Set("Accept", accept)
	response, err := c.http.Do(request)
	if err != nil {
		return 0, unanswered(ctx, err)
	}
	defer response.Body.Close()
	body := io.LimitReader(response.Body, mostAnswer)
	if response.StatusCode/100 != 2 {
		return 0, refusal(response, body)
	}
	if read != nil {
		if err := read(response.Header, body); err != nil {
			return 0, fmt.Errorf("read the Hub's answer: %w", unreadable(ctx, err))
		}
	}
	return response.StatusCode, nil
}

// refusal is the error of an answer that is no success.
func refusal(response *http.Response, body io.Reader) error {
	e := &AnswerError{Code: response.StatusCode, Wait: cluster.RetryAfter(response.Header)}
	if response.StatusCode/100 == 3 {
		return fmt.Errorf("%w: is this the Hub's own address?", e)
	}
	e.Message = hubWords(response.StatusCode, body)
	return e
}

// unreadable tells an answer that broke off from one that makes no sense.
func unreadable(ctx context.Context, err error) error {
	if isA[*json.SyntaxError](err) || isA[*json.UnmarshalTypeError](err) {
		return err
	}
	if errors.Is(err, ErrIncomplete) {
		return err
	}
	return unanswered(ctx, err)
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

const (
	jsonType = "application/json"
	// pagesType is what a Hub since 2.0 has to be asked for, or it cuts a list
	// off at 200 users without a word.
	pagesType = "application/jupyterhub-pagination+json"
)

// userPath is where a user is found. Like JupyterHub, it leaves @ and ~ as they
// are.
func userPath(name string) string { return "users/" + url.PathEscape(name) }

// serverPath is where a user's server is found.
func serverPath(key Key) string {
	if key.Name == "" {
		return userPath(key.User) + "/server"
	}
	return userPath(key.User) + "/servers/" + url.PathEscape(key.Name)
}

// askable reports whether one can ask about a user of this name at all. Whoever is
// called otherwise is left out of what the Hub and the proxy say, and their pods are
// doubtful: one name must not keep anybody from asking about the others.
func askable(user string) bool { return stays(userPath(user)) == nil }

// stays refuses a path that leads elsewhere than it says: with a user or a server
// that is called "", "." or "..", about whom nobody can ask, since URLs are
// shortened on their way.
func stays(path string) error {
	if path == metricsPath {
		return nil
	}
	path, _, _ = strings.Cut(path, "?")
	for step := range strings.SplitSeq(path, "/") {
		if path != "" && (step == "" || step == "." || step == "..") {
			return fmt.Errorf("a name %q cannot be asked about", step)
		}
	}
	return nil
}
