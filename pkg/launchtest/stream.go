package launchtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"github.com/tmaxmax/go-sse"

	"github.com/binderctl/binderctl/pkg/cluster"
)

const (
	// eventStream is what BinderHub wants to be asked for, letter by letter: it
	// refuses a list of types.
	eventStream = "text/event-stream"
	// mostRedirects is how many hosts may send a launch on to another.
	mostRedirects = 10
	// mostPage is how much of a page is read that was no stream.
	mostPage = 4 << 10
)

// stream is BinderHub's answer to a request to launch.
type stream struct {
	answered *url.URL // where it came from in the end
	began    time.Time
	body     io.ReadCloser
	now      func() time.Time
}

// errLoop means that hosts send a launch round and round.
var errLoop = errors.New("a redirect leads back to where it came from")

// errManyRedirects means that they send it on and on.
var errManyRedirects = fmt.Errorf("it was redirected %d times", mostRedirects)

// openStream asks BinderHub to launch. Redirects are followed, also to other
// hosts, as a federation has them: each launch has its own cookies, so that it
// stays where it was sent and the next may go elsewhere.
func openStream(ctx context.Context, opts *Options, now func() time.Time) (*stream, error) {
	var began time.Time
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: func() { began = now() }})
	address := strings.TrimRight(opts.Binder, "/") + "/build/" + opts.Repo.String()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", eventStream)
	request.Header.Set("Accept-Encoding", "identity") // what packs a stream also holds it back
	request.Header.Set("Cache-Control", "no-cache")
	request.Header.Set("User-Agent", opts.Agent)
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: opts.Transport, Jar: jar, CheckRedirect: checkRedirect}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	if err := checkStream(response); err != nil {
		_ = response.Body.Close()
		return nil, err
	}
	return &stream{answered: rootOf(response.Request.URL), began: began, body: response.Body, now: now}, nil
}

// checkRedirect follows so many redirects, and none that leads back. The second
// time with a cookie of the first may still be another answer.
func checkRedirect(next *http.Request, before []*http.Request) error {
	seen := 0
	for _, old := range before {
		if old.URL.String() == next.URL.String() {
			seen++
		}
	}
	switch {
	case seen > 1:
		return errLoop
	case len(before) >= mostRedirects:
		return errManyRedirects
	}
	next.Header.Del("Referer") // of no use, and long
	return nil
}

// rootOf is the address of a BinderHub, of one of its API's.
func rootOf(address *url.URL) *url.URL {
	path, _, _ := strings.Cut(address.Path, "/build/")
	return &url.URL{Scheme: address.Scheme, Host: address.Host, Path: path}
}

// notStreamError is an answer that is no stream of events.
type notStreamError struct {
	code  int
	kind  string // of content
	host  string
	title string // of the page, or its beginning
	wait  time.Duration
}

func (e *notStreamError) Error() string {
	text := fmt.Sprintf("%s answered %d %s", e.host, e.code, http.StatusText(e.code))
	if e.code == http.StatusOK {
		text = fmt.Sprintf("%s answered with %s, not with a stream of events", e.host, e.kind)
	}
	if e.title != "" {
		text += fmt.Sprintf(": %q", e.title)
	}
	return text
}

// checkStream refuses an answer that is no stream of events. All that BinderHub
// itself has to say is one, also its refusals.
func checkStream(response *http.Response) error {
	kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil {
		kind = "something unnamed"
	}
	if response.StatusCode == http.StatusOK && kind == eventStream {
		return nil
	}
	page, _ := io.ReadAll(io.LimitReader(response.Body, mostPage))
	return &notStreamError{
		code: response.StatusCode, kind: kind, host: response.Request.URL.Host,
		title: titleOf(string(page)), wait: cluster.RetryAfter(response.Header),
	}
}

// read gives each event, and when it had come, to take until that returns false.
// It returns nil if the stream has ended before. Every line, also those that keep
// the stream alive alone, is told to alive.
func (s *stream) read(alive func(), take func(Event, time.Time) bool) error {
	tap := newTap(s.body, s.now, alive)
	for raw, err := range sse.Read(tap, &sse.ReadConfig{MaxEventSize: MostEvent + tapBuffer}) {
		if err != nil {
			return err
		}
		if raw.Data != "" && !take(parseEvent(raw.Data), tap.wire.at) {
			return nil
		}
	}
	return nil
}

func (s *stream) close() { _ = s.body.Close() }
