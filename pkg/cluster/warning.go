package cluster

import (
	"sync"

	"k8s.io/client-go/rest"
)

// onceEach passes each distinct warning of the API server on once: a thousand
// deletes must not say the same thing a thousand times.
func onceEach(warn func(string)) rest.WarningHandler {
	if warn == nil {
		return rest.NoWarnings{}
	}
	return &warnings{warn: warn, seen: map[string]bool{}}
}

// warnAgent is the code of a warning in HTTP that comes from the API server,
// as opposed to one from a cache on the way (RFC 7234, section 5.5).
const warnAgent = 299

type warnings struct {
	mu   sync.Mutex
	warn func(string)
	seen map[string]bool
}

// HandleWarningHeader is called by client-go for each Warning header.
func (w *warnings) HandleWarningHeader(code int, _, text string) {
	if code != warnAgent || text == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen[text] {
		return
	}
	w.seen[text] = true
	w.warn(text)
}
