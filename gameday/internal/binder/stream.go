package binder

import (
	"crypto/sha1" //nolint:gosec // as Tornado makes them
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// stream is an answer of events.
type stream struct {
	binder *Binder
	to     http.ResponseWriter
	done   <-chan struct{} // closed when the client hangs up

	mu      sync.Mutex
	count   int
	stalled bool
	cut     bool
}

// refuse answers with one event before a stream has begun. BinderHub does it with
// status 200.
func refuse(w http.ResponseWriter, code int, message string) {
	body := "data: " + fail(code, message).String() + "\n\n"
	sum := sha1.Sum([]byte(body)) //nolint:gosec // the same
	w.Header().Set("Etag", `"`+hex.EncodeToString(sum[:])+`"`)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write([]byte(body)) // who hung up does not want it
}

// newStream begins a stream, and keeps it alive until the returned function is
// called.
func (b *Binder) newStream(w http.ResponseWriter, r *http.Request) (*stream, func()) {
	s := &stream{binder: b, to: w, done: r.Context().Done()}
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	over := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		tick := time.NewTicker(b.config.Keepalive)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.write(":keepalive\n\n")
			case <-over:
				return
			case <-s.done:
				return
			}
		}
	})
	return s, sync.OnceFunc(func() {
		close(over)
		work.Wait() // nothing is written after the handler's end
	})
}

// faultyEvent is the event with which what is wrong with a stream begins.
const faultyEvent = 3

// emit sends an event.
func (s *stream) emit(what event) {
	if s.binder.config.Capitalised {
		what = what.capitalised()
	}
	text := "data: " + what.String() + "\n\n"
	s.mu.Lock()
	s.count++
	if s.count >= faultyEvent && s.binder.has(StreamStalls) {
		s.stalled = true
	}
	cut := s.count >= faultyEvent && s.binder.has(StreamCut)
	s.mu.Unlock()
	if !cut {
		s.write(text)
		return
	}
	s.write(text[:len(text)/2])
	s.mu.Lock()
	s.cut = true
	s.mu.Unlock()
	panic(http.ErrAbortHandler)
}

func (s *stream) write(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stalled || s.cut {
		return
	}
	_, _ = fmt.Fprint(s.to, text) // who hung up does not want it
	_ = http.NewResponseController(s.to).Flush()
}

// wait lets time pass; it says whether somebody still listens.
func (s *stream) wait(span time.Duration) bool {
	timer := time.NewTimer(span)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.done:
		return false
	}
}

// hold keeps the stream open until the client has enough of it.
func (s *stream) hold() { <-s.done }

// isStalled says whether the client is told nothing any more.
func (s *stream) isStalled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stalled
}
