package e2e

import (
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// faultProxy stands between binderctl and the API server: it counts what is
// asked, and lets a test do harm at an exact point.
type faultProxy struct {
	server *httptest.Server
	real   http.Handler

	mu       sync.Mutex
	faults   map[string]fault
	calls    []*apiCall
	inFlight map[string]int
	changed  chan struct{} // closed, and made anew, when a call begins or ends
}

// The verbs by which a proxy knows requests; others are HTTP's own.
const (
	verbStream = "STREAM" // a list that is streamed
	verbWatch  = "WATCH"
	verbList   = "LIST"
	verbDelete = http.MethodDelete
	verbEvict  = "EVICT"
)

// apiCall is one request.
type apiCall struct {
	verb     string
	path     string
	nth      int // of its verb, from 1
	inFlight int // of its verb, as it arrived and with itself
	began    time.Time
	ended    time.Time // zero while it goes on
}

// fault handles a call in the API server's place; pass is the API server.
type fault func(c *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler)

// newProxy starts a proxy in front of a game day's API server.
func newProxy(t *testing.T, day *gameDay) *faultProxy {
	t.Helper()
	target, err := url.Parse(day.config.Host)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := rest.TransportFor(rest.AnonymousClientConfig(day.config))
	if err != nil {
		t.Fatal(err)
	}
	f := &faultProxy{
		real: &httputil.ReverseProxy{
			Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
			Transport:     transport,
			FlushInterval: -1, // a watch is to arrive event by event
			ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { drop() },
			ErrorLog:      log.New(io.Discard, "", 0),
		},
		faults: map[string]fault{}, inFlight: map[string]int{}, changed: make(chan struct{}),
	}
	f.server = httptest.NewUnstartedServer(f)
	f.server.EnableHTTP2 = true
	f.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.server.StartTLS()
	t.Cleanup(func() {
		f.server.CloseClientConnections()
		f.server.Close()
	})
	return f
}

// through is the place as seen by an operator who goes through the proxy.
func (f *faultProxy) through(t *testing.T, p *place) *place {
	t.Helper()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.server.Certificate().Raw})
	kubeconfig := p.kubeconfigFor(t, func(s *settings) {
		s.server, s.authority, s.namespace = f.server.URL, authority, p.namespace
	})
	return &place{p.gameDay, newOperator(t, kubeconfig), p.namespace}
}

// on has a fault handle all calls of a verb.
func (f *faultProxy) on(verb string, do fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults[verb] = do
}

// ServeHTTP handles one call.
func (f *faultProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := &apiCall{verb: verbOf(r), path: r.URL.Path, nth: 1, began: time.Now()}
	f.mu.Lock()
	for _, earlier := range f.calls {
		if earlier.verb == call.verb {
			call.nth++
		}
	}
	f.inFlight[call.verb]++
	call.inFlight = f.inFlight[call.verb]
	f.calls = append(f.calls, call)
	do := f.faults[call.verb]
	f.announce()
	f.mu.Unlock()

	ended := sync.OnceFunc(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.inFlight[call.verb]--
		call.ended = time.Now()
		f.announce()
	})
	defer ended()
	if call.verb == verbDelete {
		w = &answer{w, ended}
	}
	if do != nil {
		do(call, w, r, f.real)
		return
	}
	f.real.ServeHTTP(w, r)
}

// answer tells when an answer begins: to the client the request is over a moment
// later, whenever this process gets to end its handler.
type answer struct {
	http.ResponseWriter
	begins func()
}

// WriteHeader begins the answer.
func (a *answer) WriteHeader(code int) {
	a.begins()
	a.ResponseWriter.WriteHeader(code)
}

// Unwrap lets the answer be flushed.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// announce tells those who wait that a call began or ended.
func (f *faultProxy) announce() {
	close(f.changed)
	f.changed = make(chan struct{})
}

func verbOf(r *http.Request) string {
	query := r.URL.Query()
	switch {
	case strings.HasSuffix(r.URL.Path, "/eviction"):
		return verbEvict
	case r.Method != http.MethodGet:
		return r.Method
	case query.Get("sendInitialEvents") == "true":
		return verbStream
	case query.Get("watch") == "true" || query.Get("watch") == "1":
		return verbWatch
	case strings.HasSuffix(r.URL.Path, "/pods"):
		return verbList
	default:
		return r.Method
	}
}

// count is how many calls of a verb there were.
func (f *faultProxy) count(verb string) int {
	return len(f.of(verb))
}

// of are the calls of a verb, in the order in which they came; "" is all.
func (f *faultProxy) of(verb string) []apiCall {
	f.mu.Lock()
	defer f.mu.Unlock()
	var calls []apiCall
	for _, call := range f.calls {
		if verb == "" || call.verb == verb {
			calls = append(calls, *call)
		}
	}
	return calls
}

// until waits until as many calls of a verb go on as enough says. It reports
// whether it came to that.
func (f *faultProxy) until(verb string, enough func(inFlight int) bool) bool {
	return f.when(func() bool { return enough(f.inFlight[verb]) })
}

// came waits until there were n calls of a verb.
func (f *faultProxy) came(verb string, n int) bool {
	return f.when(func() bool {
		for _, call := range f.calls {
			if call.verb == verb && call.nth == n {
				return true
			}
		}
		return false
	})
}

// when waits until something holds of the calls.
func (f *faultProxy) when(holds func() bool) bool {
	deadline := time.After(patience)
	for {
		f.mu.Lock()
		held, changed := holds(), f.changed
		f.mu.Unlock()
		if held {
			return true
		}
		select {
		case <-changed:
		case <-deadline:
			return false
		}
	}
}

// drop breaks off the answer to the request at hand.
func drop() { panic(http.ErrAbortHandler) }

// lose has the server carry out a request, and loses the answer.
func lose(r *http.Request, pass http.Handler) {
	pass.ServeHTTP(httptest.NewRecorder(), r)
	drop()
}

// refuse answers as an API server that does not do what it is asked.
func refuse(w http.ResponseWriter, code int, reason metav1.StatusReason, message string, retryAfter int) {
	status := metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusFailure, Code: int32(code), Reason: reason, Message: message,
	}
	if retryAfter > 0 {
		status.Details = &metav1.StatusDetails{RetryAfterSeconds: int32(retryAfter)}
		w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(status)
}

// oldServer makes the proxy one that cannot stream lists, and whose pages hold
// only a few pods.
func (f *faultProxy) oldServer(pageSize int) {
	f.on(verbStream, notStreamed)
	f.on(verbList, func(_ *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
		pass.ServeHTTP(w, smallPage(r, pageSize))
	})
}

// notStreamed is how such a server answers.
func notStreamed(_ *apiCall, w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	refuse(w, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid,
		"ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled", 0)
}

// smallPage is a request for a list, asking for fewer at once.
func smallPage(r *http.Request, pageSize int) *http.Request {
	query := r.URL.Query()
	query.Set("limit", strconv.Itoa(pageSize))
	r = r.Clone(r.Context())
	r.URL.RawQuery = query.Encode()
	return r
}

// breaker is an answer that breaks off after some bytes.
type breaker struct {
	http.ResponseWriter
	left int
}

func (b *breaker) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		drop()
	}
	return b.ResponseWriter.Write(p)
}

func (b *breaker) Unwrap() http.ResponseWriter { return b.ResponseWriter }

// breakAfter passes a request on, and breaks its answer off after some bytes.
func breakAfter(bytes int, w http.ResponseWriter, r *http.Request, pass http.Handler) {
	r = r.Clone(r.Context())
	r.Header.Del("Accept-Encoding") // so that bytes are those of pods
	pass.ServeHTTP(&breaker{w, bytes}, r)
}
